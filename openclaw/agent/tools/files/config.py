"""`tools.fs.*` and `tools.exec.applyPatch.*` of the config file."""

from openclaw.schema import ConfigPart


class FsConfig(ConfigPart):
    workspace_only: bool = True
    """False: read, write and edit take any path of the machine, after the owner's word; never the state directory."""


class ApplyPatchConfig(ConfigPart):
    enabled: bool = True
    workspace_only: bool = True
    """Also where `tools.fs.workspaceOnly` is off."""
