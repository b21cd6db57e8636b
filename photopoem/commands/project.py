"""The project file `photopoem.toml`: defaults for the options of every command, found the way pyproject.toml is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from photopoem.errors import UsageError, did_you_mean
from photopoem.files import TomlFile, read_toml

FILE_NAME = "photopoem.toml"
ON_THE_COMMAND_LINE = frozenset({"endpoint", "force", "yes", "traceback", "version", "help"})
"""Options that a project file cannot set, because it may be untrusted."""
PHOTOS = "photos"
"""The key in a project file for the photographs of a command."""
_KEY = "photopoem.project"
_FILES = {"grammar": ".json", "color-names": ".csv"}
"""Options that take a name or a file, and the ending that marks a file."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project file and its folder, as paths relative to the working directory."""

    file: TomlFile
    folder: str

    def path(self, name: str) -> str:
        """A path in the file, converted from its folder to the working directory."""
        return os.path.normpath(os.path.join(self.folder, name))  # noqa: PTH118 - "a/../b" and "" stay as they are

    def table(self, names: Sequence[str]) -> Mapping[str, Any]:
        """The table of a command, or an empty one. Raises `UsageError` if it is not a table."""
        table: Any = self.file.tables
        for n, name in enumerate(names, start=1):
            table = table.get(name, {})
            if not isinstance(table, dict):
                raise self.file.wrong(f"{name} is a command: [{'.'.join(names[:n])}] is a table", *names[:n])
        return table  # type: ignore[no-any-return] # a TOML table has texts for keys


def find_project(start: str | Path = "") -> Project | None:
    """The project file in a folder or the nearest parent folder. Raises `UsageError` if it cannot be read."""
    here = Path(start).absolute()
    for folder in (here, *here.parents):
        if os.path.isfile(folder / FILE_NAME):  # noqa: PTH113 - a Path raises where it may not look
            inside = os.path.relpath(folder)
            return Project(read_toml(os.path.normpath(Path(inside) / FILE_NAME)), inside)
    return None


def use_project(ctx: click.Context, name: str, command: click.Command, args: list[str]) -> list[str]:
    """Apply the project file's defaults to a command called with `args`; returns its arguments.

    Raises `UsageError` for an unknown key or an invalid value.
    """
    if ctx.resilient_parsing:
        return args  # shell completion; nothing is run
    try:
        return _used(ctx, name, command, args)
    except UsageError:
        if name == "doctor":
            return args  # doctor reports the file's errors itself
        raise


def _used(ctx: click.Context, name: str, command: click.Command, args: list[str]) -> list[str]:
    names, command, given = _resolved(ctx, name, command, args)
    values = _parsed(ctx, command, given)
    project = find_project(_start(command, values))
    if project is None:
        return args
    project.file.check_keys(project.file.tables, _tables(ctx))
    defaults = _defaults(project, names, command)
    words = _arguments(project, names, command, values, defaults)
    ctx.meta[_KEY] = project
    ctx.default_map = defaults
    for each in reversed(names):
        ctx.default_map = {each: ctx.default_map}
    if defaults and not values.get("quiet"):
        _say_used(project, command, defaults, values)
    # After two dashes, no word from the file is read as an option.
    return [*args, *(["--"] if words and "--" not in args else []), *words]


def project_of(ctx: click.Context) -> Project | None:
    """The project file with the defaults of this call."""
    found: Project | None = ctx.meta.get(_KEY)
    return found


def wrong_default(error: click.BadParameter) -> UsageError | None:
    """An error about a value in the project file, with its position; None if the value came from elsewhere."""
    ctx, param = error.ctx, error.param
    project = project_of(ctx) if ctx else None
    if ctx is None or param is None or project is None or param.name is None:
        return None
    if ctx.get_parameter_source(param.name) is not click.core.ParameterSource.DEFAULT_MAP:
        return None
    names = list(_words_of(ctx))
    key = next((key for key in project.table(names) if key_param(ctx.command, key) is param), param.name)
    return project.file.wrong(f"{key}: {error.message}", *names, key)


def _words_of(ctx: click.Context) -> Iterator[str]:
    """The words of a command, without the program's name."""
    if ctx.parent is not None:
        yield from _words_of(ctx.parent)
        yield str(ctx.info_name)


def shown(project: Project) -> Iterator[str]:
    """The settings of a project file, one line per command."""
    for name, table in project.file.tables.items():
        inner = {key: value for key, value in table.items() if isinstance(value, dict)}
        own = {key: value for key, value in table.items() if key not in inner}
        for words, settings in ((name, own), *((f"{name} {key}", value) for key, value in inner.items())):
            told = ", ".join(f"{key} = {_toml(value)}" for key, value in settings.items())
            if told:
                yield f"{words}: {told}"


def faults(ctx: click.Context, project: Project) -> Iterator[str]:
    """The errors in the keys of a project file, for all commands, one per line."""
    try:
        project.file.check_keys(project.file.tables, _tables(ctx))
    except UsageError as error:
        yield str(error)
    group = ctx.find_root().command
    assert isinstance(group, click.Group)  # noqa: S101 - the program itself
    for name in project.file.tables:
        command = group.get_command(ctx, name)
        if command is not None:
            yield from _faults_of(ctx, project, [name], command)


def _faults_of(
    ctx: click.Context, project: Project, names: list[str], command: click.Command
) -> Iterator[str]:
    try:
        table = project.table(names)
        if not isinstance(command, click.Group):
            _defaults(project, names, command)
            return
        project.file.check_keys(table, command.list_commands(ctx), *names)
    except UsageError as error:
        yield str(error)
        return
    for name in table:
        inner = command.get_command(ctx, name)
        if inner is not None:
            yield from _faults_of(ctx, project, [*names, name], inner)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{', '.join(map(_toml, value))}]" if isinstance(value, list) else repr(value)


def _resolved(
    ctx: click.Context, name: str, command: click.Command, args: list[str]
) -> tuple[list[str], click.Command, list[str]]:
    """The words of the innermost called command, the command, and its arguments."""
    names = [name]
    while isinstance(command, click.Group):
        word = next((n for n, arg in enumerate(args) if not arg.startswith("-")), None)
        inner = command.get_command(ctx, args[word]) if word is not None else None
        if word is None or inner is None:
            break
        names.append(args[word])
        command, args = inner, args[word + 1 :]
    return names, command, args


def _parsed(ctx: click.Context, command: click.Command, args: list[str]) -> dict[str, Any]:
    """The parameters given on the command line; empty if click will refuse them."""
    quiet = click.Context(command, parent=ctx, resilient_parsing=True)
    try:
        values, _, _ = command.make_parser(quiet).parse_args(list(args))
    except click.UsageError:
        return {}
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, str | tuple | list | bool) and value
    }


def _start(command: click.Command, values: Mapping[str, Any]) -> str:
    """The folder where the search for the project file starts: that of the first given path, otherwise this one."""
    for param in command.params:
        if not isinstance(param, click.Argument) or param.name not in values:
            continue
        value = values[param.name]
        first = value if isinstance(value, str) else next(iter(value))
        if os.path.isdir(first):  # noqa: PTH112 - a Path raises where it may not look
            return str(first)
        if os.path.lexists(first):
            return os.path.dirname(first)  # noqa: PTH120 - as above
    return ""


def _tables(ctx: click.Context) -> list[str]:
    """The valid tables of a project file, which are those of the commands."""
    group = ctx.find_root().command
    return group.list_commands(ctx) if isinstance(group, click.Group) else []


def key_param(command: click.Command, key: str) -> click.Parameter | None:
    """The option or argument for a key of the file: `color-names` or `color_names`, `photos`."""
    name = key.replace("_", "-")
    for param in command.params:
        if isinstance(param, click.Option) and name in _names(param):
            return param
    called = {PHOTOS: "paths"}.get(key, key)
    return next(
        (each for each in command.params if isinstance(each, click.Argument) and each.name == called), None
    )


def _names(option: click.Option) -> list[str]:
    """An option's names in the file: its long names, or its letter if it has none."""
    long = [opt.removeprefix("--") for opt in option.opts if opt.startswith("--")]
    return long or [opt.removeprefix("-") for opt in option.opts]


def _keys(command: click.Command) -> list[str]:
    """The valid keys of a command's table."""
    found = {key for param in command.params if isinstance(param, click.Option) for key in _names(param)}
    names = (param.name or "" for param in command.params if isinstance(param, click.Argument))
    found |= {PHOTOS if name == "paths" else name for name in names}
    return sorted(found - ON_THE_COMMAND_LINE)


def _defaults(project: Project, names: Sequence[str], command: click.Command) -> dict[str, Any]:
    """The defaults of a command by parameter. Raises `UsageError`."""
    made: dict[str, Any] = {}
    for key, value in project.table(names).items():
        param = key_param(command, key)
        if key in ON_THE_COMMAND_LINE:
            raise project.file.wrong(
                f"--{key} is given on the command line alone; take it out here", *names, key
            )
        if param is None or param.name is None:
            known = _keys(command)
            near = did_you_mean(key, known) or f"; there are {', '.join(known)}"
            told = f"photopoem {' '.join(names)} has no option --{key}{near}"
            raise project.file.wrong(told, *names, key)
        made[param.name] = _value(project, param, value, *names, key)
    return made


def _value(project: Project, param: click.Parameter, value: Any, *keys: str) -> Any:
    """A value for click, with converted paths. Raises `UsageError`."""
    several = param.multiple if isinstance(param, click.Option) else param.nargs == -1
    if fault := _fault_of(param, value, several):
        raise project.file.wrong(f"{keys[-1]} {fault}", *keys)
    if isinstance(value, bool):
        return value
    made = [_located(project, param, str(each)) for each in (value if isinstance(value, list) else [value])]
    return made if several else made[0]


def _fault_of(param: click.Parameter, value: Any, several: bool) -> str:
    """Why a value has the wrong type; empty if it has not."""
    if isinstance(param, click.Option) and param.is_flag:
        return "" if isinstance(value, bool) else f"is true or false, not {_toml(value)}"
    if isinstance(value, list) and not several:
        return "takes one value, not a list"
    given = value if isinstance(value, list) else [value]
    if any(isinstance(each, bool) or not isinstance(each, str | int | float) for each in given):
        return f"takes a text or a number, not {_toml(value)}"
    return ""


def _located(project: Project, param: click.Parameter, value: str) -> str:
    """A value with its paths converted from the file's folder to the working directory."""
    called = param.opts[-1].removeprefix("--")
    if "://" in value or not value:
        return value
    if called in _FILES:
        parts = (project.path(part) if part.endswith(_FILES[called]) else part for part in value.split(","))
        return ",".join(parts)
    if called == "labels":
        onnx = re.compile("onnx:([^,]+),([^,]+)")
        return onnx.sub(lambda found: f"onnx:{project.path(found[1])},{project.path(found[2])}", value)
    if called in {"print", "to"}:
        kind, _, path = value.partition(":")
        return f"{kind}:{project.path(path)}" if value.startswith(("dir:", "file:")) else value
    return project.path(value) if _is_path(param) else value


def _is_path(param: click.Parameter) -> bool:
    argument = isinstance(param, click.Argument)
    return argument or isinstance(param.type, click.Path) or param.metavar in {"FILE", "DIR"}


def _arguments(
    project: Project,
    names: list[str],
    command: click.Command,
    values: Mapping[str, Any],
    defaults: dict[str, Any],
) -> list[str]:
    """Arguments from the file that the command line lacks; they are removed from the defaults.

    Only `run` defaults to the folder of the project.
    """
    made: list[str] = []
    for param in command.params:
        if not isinstance(param, click.Argument) or param.name is None:
            continue
        default = defaults.pop(param.name, None)
        if names == ["run"] and default is None and Path(project.folder) == Path():
            default = ["."]
        if default is not None and param.name not in values:
            made += default if isinstance(default, list) else [default]
    return made


def _say_used(
    project: Project, command: click.Command, defaults: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    """Print which options the file sets, by their names in the file, so that their effect is no surprise."""
    from photopoem.text.terminal import say

    options = [param for param in command.params if isinstance(param, click.Option)]
    used = {each.name: _names(each)[0] for each in options if each.name in defaults}
    if told := sorted(called for name, called in used.items() if name not in values):
        say(f"{project.file.name}: {', '.join(told)}")
