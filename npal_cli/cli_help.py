"""What the help of commands looks like, beyond what Typer does."""

from typing import TYPE_CHECKING, Any

from typer.core import TyperArgument, TyperCommand, TyperGroup

if TYPE_CHECKING:
    Base = TyperCommand
else:
    Base = object


class _Plain(Base):
    """Says nothing of what flags take, which is nothing, and of the Python type of arguments."""

    def get_params(self, ctx: Any) -> Any:
        params = super().get_params(ctx)
        for each in params:
            if getattr(each, "is_flag", False):
                each.metavar = ""
            elif isinstance(each, TyperArgument):  # Typer has no option for this
                each.display_type_rich = lambda ctx: None  # type: ignore[method-assign]  # noqa: ARG005
        return params


class Command(_Plain, TyperCommand):
    """A command."""


class Group(_Plain, TyperGroup):
    """All commands together."""


def examples(*commands: str) -> str:
    """What a command's help ends with."""
    return "\n".join(["\b", "Examples:", *(f"  {command}" for command in commands)])
