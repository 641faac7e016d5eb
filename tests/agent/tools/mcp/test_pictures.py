import stat
from pathlib import Path

from openclaw.agent.tools.mcp.pictures import PictureFolder
from openclaw.agent.tools.mcp.results import Image
from tests.agent.tools.mcp.troubled import PNG


async def test_an_image_is_there_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path)
    one = await folder.keep(Image(PNG, "image/png"))
    same = await folder.keep(Image(PNG, "image/png"))
    other = await folder.keep(Image(b"\xff\xd8\xff", "image/jpeg"))

    assert one == same
    assert one.media_type == "image/png"
    assert one.path.startswith("media/mcp/")
    assert other.path.endswith(".jpg")
    assert (tmp_path / one.path).read_bytes() == PNG
    assert stat.S_IMODE((tmp_path / one.path).stat().st_mode) == 0o600
    assert len(list((tmp_path / "media" / "mcp").iterdir())) == 2
