"""Every check of the security audit, in the order in which it is told."""

from openclaw.doctor.audit import conduct, exposure, extensions, models
from openclaw.doctor.checking import Check, blocking
from openclaw.doctor.checks import configuration

AUDIT: tuple[Check, ...] = (
    Check("what the config lets in", blocking(configuration.security)),
    Check("who may read the files", blocking(exposure.files)),
    Check("the control plane", blocking(exposure.gateway)),
    Check("the process", blocking(exposure.process)),
    Check("who may write", blocking(conduct.people)),
    Check("the tools", blocking(conduct.tools)),
    Check("the models", blocking(models.models)),
    Check("the skills", extensions.skills),
    Check("the MCP servers", blocking(extensions.servers)),
)
