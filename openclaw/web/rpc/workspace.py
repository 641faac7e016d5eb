"""An agent's own files, and its skills."""

from pydantic import Field

from openclaw.web.desk import House, Json
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.params import Params


class SkillsStatus(Params):
    agent_id: str | None = Field(default=None, min_length=1, max_length=64)


class FilesList(Params):
    agent_id: str = Field(min_length=1, max_length=64)


class FilesGet(FilesList):
    name: str = Field(min_length=1, max_length=64)


class FilesSet(FilesGet):
    content: str = Field(max_length=1 << 20)
    base_hash: str | None = Field(default=None, max_length=128)
    """Of what it replaces; another hash by now, and nothing is written."""


async def skills_status(house: House, params: SkillsStatus, _: Caller) -> Json:
    return await house.office.skills.status(params.agent_id)


async def list_files(house: House, params: FilesList, _: Caller) -> Json:
    return await house.office.files.listing(params.agent_id)


async def get_file(house: House, params: FilesGet, _: Caller) -> Json:
    return await house.office.files.read(params.agent_id, params.name)


async def set_file(house: House, params: FilesSet, _: Caller) -> Json:
    return await house.office.files.write(params.agent_id, params.name, params.content, params.base_hash)
