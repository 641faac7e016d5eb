"""The owner's rules for texts and calls, as they stand in the file."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from openclaw.compliance.windows import is_zone
from openclaw.schema import ConfigPart, Ids
from openclaw.types import e164
from openclaw.types.dealings import Registration
from openclaw.types.sending_rules import Caps, Scope, SendingRules, counted_sentences, estimated_segments


def _time(value: str) -> str:
    if re.fullmatch(r"(?:[01]?\d|2[0-3]):[0-5]\d", value) is None:
        raise ValueError("a time of the day is like 20:00")
    return value


def _zone(value: str | None) -> str | None:
    if value is not None and not is_zone(value):
        raise ValueError("a time zone is like America/New_York")
    return value


def _number(value: str) -> str:
    number = e164.parse(value)
    if number is None:
        raise ValueError("a number is like +12015550123")
    return number


def _patterns(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"{value!r} is no regular expression: {error}") from None
    return values


def _hours(value: object) -> object:
    """`["20:00", "09:00"]`, as in sendPolicy.rules, is read too."""
    if isinstance(value, list | tuple) and len(value) == 2:
        return {"start": value[0], "end": value[1]}
    return value


Time = Annotated[str, AfterValidator(_time)]


class TenDlcConfig(ConfigPart):
    status: Registration = "unknown"
    toll_free: Registration = "unknown"
    numbers: dict[Annotated[str, AfterValidator(_number)], Registration] = {}


class QuietHoursConfig(ConfigPart):
    start: Time = "20:00"
    end: Time = "09:00"
    marketing_on_sundays: bool = False
    marketing_on_holidays: bool = False


class ComplianceCapsConfig(ConfigPart):
    spacing_seconds: int = Field(default=20, ge=0)
    per_contact_per_hour: int | None = Field(default=30, ge=1)
    per_sender_per_hour: int | None = Field(default=1000, ge=1)
    per_hour: int | None = Field(default=2000, ge=1)
    marketing_per_contact_per_day: int = Field(default=1, ge=0)
    marketing_per_contact_per_month: int = Field(default=6, ge=0)
    unanswered: int = Field(default=2, ge=1)
    segments: int = Field(default=4, ge=1)
    same_text_per_hour: int = Field(default=10, ge=1)
    canary: int = Field(default=5, ge=0, le=20)
    dollars_per_day: float | None = Field(default=None, gt=0)


class ComplianceConfig(ConfigPart):
    enabled: bool = True
    ten_dlc: TenDlcConfig = TenDlcConfig()
    quiet_hours: Annotated[QuietHoursConfig, BeforeValidator(_hours)] = QuietHoursConfig()
    timezone: Annotated[str | None, AfterValidator(_zone)] = None
    countries: Ids = ("US", "CA")
    opt_out_scope: Scope = "all"
    stopped: Ids = ()
    caps: ComplianceCapsConfig = ComplianceCapsConfig()
    brand: str = ""
    commitments: Annotated[tuple[str, ...], AfterValidator(_patterns)] = ()
    expire_hours: int = Field(default=72, ge=1)


def sending_rules(
    config: ComplianceConfig,
    senders: Mapping[tuple[str, str], str],
    overlay: frozenset[str] = frozenset(),
    segments: Callable[[str], int] = estimated_segments,
    sentences: Callable[[str], int] = counted_sentences,
) -> SendingRules:
    """`senders`: channel and account → our number there. `overlay`: channels that answer in two sentences."""
    quiet = config.quiet_hours
    return SendingRules(
        enabled=config.enabled,
        ten_dlc=config.ten_dlc.status,
        toll_free=config.ten_dlc.toll_free,
        numbers=config.ten_dlc.numbers,
        senders=senders,
        opens=_minutes(quiet.end),
        closes=_minutes(quiet.start) or 24 * 60,
        marketing_on_sundays=quiet.marketing_on_sundays,
        marketing_on_holidays=quiet.marketing_on_holidays,
        zone=config.timezone,
        countries=frozenset(country.upper() for country in config.countries),
        opt_out_scope=config.opt_out_scope,
        switches=frozenset(config.stopped),
        caps=_caps(config.caps),
        brand=config.brand,
        commitments=tuple(re.compile(pattern, re.IGNORECASE) for pattern in config.commitments),
        overlay=overlay,
        sentences=sentences,
        expire_hours=config.expire_hours,
        segments=segments,
    )


def _caps(caps: ComplianceCapsConfig) -> Caps:
    return Caps(
        caps.spacing_seconds,
        caps.per_contact_per_hour,
        caps.per_sender_per_hour,
        caps.per_hour,
        caps.marketing_per_contact_per_day,
        caps.marketing_per_contact_per_month,
        caps.unanswered,
        caps.segments,
        caps.same_text_per_hour,
        caps.canary,
        caps.dollars_per_day,
    )


def _minutes(time: str) -> int:
    hours, _, minutes = time.partition(":")
    return int(hours) * 60 + int(minutes)
