"""What people do on Telegram besides writing to the bot alone."""

from tests.fake.telegram import FakeTelegram
from tests.fake.telegram_wire import Json, Sent, marks_of


def say_in_group(
    telegram: FakeTelegram,
    text: str,
    *,
    chat: int,
    sender: int = 821071206,
    name: str = "Ana",
    topic: int | None = None,
    **more: object,
) -> int:
    """`more`: fields of the message. Returns the update's id."""
    update = telegram.message(text, sender=sender, chat=chat, name=name)
    update["message"] |= {"entities": marks_of(text), **more}
    if topic is not None:
        update["message"] |= {"is_topic_message": True, "message_thread_id": topic}
    return telegram.push(update)


def answering(telegram: FakeTelegram, sent: Sent) -> Json:
    """What a message says that answers one of the bot's."""
    return {
        "message_id": sent.message_id,
        "from": {"id": telegram.bot_id, "is_bot": True, "first_name": "Claw"},
        "chat": {"id": sent.chat, "type": "private" if sent.chat > 0 else "supergroup"},
        "date": 1_770_000_000,
        "text": sent.text,
    }


def put_out_of(group: int) -> Json:
    """What `my_chat_member` says when the owner removes the bot."""
    bot = {"id": FakeTelegram.bot_id, "is_bot": True, "first_name": "Claw"}
    return {
        "chat": {"id": group, "type": "supergroup", "title": "Elsewhere"},
        "from": {"id": 821071206, "is_bot": False, "first_name": "Ana"},
        "date": 1_770_000_000,
        "old_chat_member": {"status": "member", "user": bot},
        "new_chat_member": {"status": "kicked", "user": bot, "until_date": 0},
    }


def edit(telegram: FakeTelegram, message_id: int, text: str, *, sender: int = 821071206) -> int:
    """Somebody changes a message of his in a private chat. Returns the update's id."""
    message = telegram.message(text, sender=sender)["message"]
    return telegram.push(
        {"edited_message": {**message, "message_id": message_id, "edit_date": message["date"]}}
    )


def send_file(
    telegram: FakeTelegram,
    kind: str,
    data: bytes,
    caption: str = "",
    *,
    sender: int = 821071206,
    fields: Json | None = None,
    **more: object,
) -> int:
    """`fields` of the file, such as `file_name`; `more` of the message. Returns the update's id."""
    update = telegram.message("", sender=sender)
    message, name = update["message"], f"F{update['update_id']}"
    telegram.files[name] = data
    file: Json = {"file_id": name, "file_unique_id": f"U{name}", "file_size": len(data), **(fields or {})}
    del message["text"]
    message[kind] = [{**file, "width": 90, "height": 90}] if kind == "photo" else file
    message |= more
    if caption:
        message["caption"] = caption
    return telegram.push(update)
