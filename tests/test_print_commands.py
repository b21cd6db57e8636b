"""The commands print, queue and doctor, as a person uses them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from photopoem.cli import photopoem
from photopoem.errors import PhotopoemError
from photopoem.poem import record
from photopoem.printing.queue import Queue, State
from photopoem.services.publish import enqueue, open_paper
from tests.escpos_reader import read_job
from tests.fake_printer import FakePrinter
from tests.paper import make_poem
from tests.processes import Program
from tests.studio import until


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three poems in poems/, and the one we are in."""
    monkeypatch.chdir(tmp_path)
    poems = [make_poem(f"poem {n}", title="", path=f"photos/{n}.jpg", seed=n) for n in range(3)]
    (tmp_path / "poems").mkdir()
    lines = [json.dumps(record(poem)) + "\n" for poem in poems]
    (tmp_path / "poems" / "poems.jsonl").write_text("".join(lines))
    return tmp_path


def run(*arguments: str) -> Result:
    """A command; its exit code is 2 where it raised an error of ours, which is then its output."""
    result = CliRunner().invoke(photopoem, arguments)
    if isinstance(result.exception, PhotopoemError):
        return Result(result.runner, b"", b"", str(result.exception).encode(), None, 2, result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def first_lines(printer: FakePrinter) -> list[str]:
    """The first line on each piece of paper."""
    return [paper.text.splitlines()[0] for job in printer.jobs for paper in read_job(job)]


def test_print_to_a_printer_and_again(show: Path, printer: FakePrinter) -> None:
    """A second print of the same poems says that all were printed, and prints nothing."""
    assert run("print", "--to", printer.address, "--order", "name").exit_code == 0
    assert first_lines(printer) == ["poem 0", "poem 1", "poem 2"]
    again = run("print", "poems/poems.jsonl", "--to", printer.address)
    assert "has had all 3" in again.output and "--again" in again.output
    assert len(printer.jobs) == 3


def test_print_into_files(show: Path) -> None:
    """The press follows from a file's ending; a file that is there is kept unless forced."""
    assert run("print", "--to", "file:all.txt").exit_code == 0
    assert "poem 2" in Path("all.txt").read_text()
    refused = run("print", "--to", "file:all.txt")
    assert refused.exit_code == 2 and "--force" in refused.output
    assert run("print", "--to", "file:all.txt", "--force", "--copies", "2").exit_code == 0
    assert Path("all.txt").read_text().count("poem 2") == 2
    assert run("print", "--to", "dir:plots", "--press", "svg", "--size", "a5", "--hand", "2").exit_code == 0
    assert sorted(path.name for path in Path("plots").iterdir()) == ["0.svg", "1.svg", "2.svg"]
    assert 'width="148mm"' in Path("plots/0.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["print"], "say where"),
        (["print", "--to", "dir:x"], "--press"),
        (["print", "--to", "file:x.bin", "--hand", "2"], "no option 'hand'"),
        (["print", "--to", "file:x.svg"], "one poem"),
        (["print", "none", "--to", "file:x.txt"], "photopoem run"),
        (["print", "--to", "lpt1"], "tcp://HOST"),
        (["print", "--press", "stone", "--check"], "no press 'stone'"),
        (["queue", "list", "none"], "nothing was printed from here yet"),
        (["queue", "retry", "3"], "of that number: photopoem queue retry --id 3"),
        (["queue", "skip", "3", "4"], "of that number: photopoem queue skip --id 3"),
    ],
)
def test_mistakes_are_told_in_one_line(show: Path, arguments: list[str], told: str) -> None:
    """What cannot be printed is refused in one line that says what to do instead."""
    result = run(*arguments)
    assert result.exit_code == 2 and told in result.output and "\n" not in result.output.strip()


def test_check_tells_and_prints_nothing(show: Path, printer: FakePrinter) -> None:
    """--check reports what would be broken or lost, and prints nothing."""
    with Path("poems/poems.jsonl").open("a") as poems:
        poems.write(json.dumps(record(make_poem("a \U0001f600 too\x1b", path="bad\x1b.jpg", seed=9))) + "\n")
    result = run("print", "--to", printer.address, "--check")
    assert result.exit_code == 0 and "4 poems" in result.output
    assert "U+1F600" in result.output and "\x1b" not in result.output
    assert printer.jobs == [] and not Path("poems/print-queue.sqlite").exists()


def test_check_tells_how_the_target_is(show: Path, printer: FakePrinter) -> None:
    """--check with a target says in one line whether it is ready, and if not, what to do."""
    assert f"{printer.address}: ready\n" in run("print", "--to", printer.address, "--check").output
    printer.paper = False
    told = run("print", "--to", printer.address, "--check").output
    assert "out of paper; fix that" in told
    printer.switch_off()
    told = run("print", "--to", printer.address, "--check").output
    assert "refused; is it on" in told and "nothing was printed" in told
    Path("there.txt").touch()
    assert "--force" in run("print", "--to", "file:there.txt", "--check").output
    assert "there.txt is a file" in run("print", "--to", "dir:there.txt", "--press", "svg", "--check").output
    refused = run("print", "--to", "dir:there.txt", "--press", "svg")
    assert refused.exit_code == 2 and "there.txt is a file; choose another folder" in refused.output


def test_a_file_whose_folder_is_not_there_is_told_with_the_way_to_make_it(show: Path) -> None:
    """Printing into a folder that is not there is one line with the command that makes it, and makes nothing."""
    done = run("print", "--to", "file:nowhere/show.txt")
    assert done.exit_code == 2 and "its folder is not there; mkdir -p nowhere" in done.output
    assert not Path("nowhere").exists()


def test_without_cups_check_says_so_and_how_to_get_it(show: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where CUPS is not installed, --check names that and the package, each once."""
    monkeypatch.setenv("PATH", "")
    told = run("print", "--to", "cups:Hall", "--check").output
    assert "cups:Hall: CUPS is not installed" in told and told.count("apt install cups") == 1


def test_another_printer_is_not_asked_for_it_would_print_the_question(
    show: Path, printer: FakePrinter
) -> None:
    """Only receipt printers are asked for their state."""
    told = run("print", "--to", printer.address, "--press", "pdf", "--check").output
    assert printer.address not in told and printer.questions == 0


def test_wrapped_lines_are_no_news_until_asked_for(show: Path, printer: FakePrinter) -> None:
    """Only --check reports lines that continue in the next row."""
    poem = make_poem("I can remember mocha, leaf after leaf of it.", path="photos/9.jpg")
    Path("poems/poems.jsonl").write_text(json.dumps(record(poem)) + "\n")
    assert run("print", "--to", printer.address).output == "1 printed\n"
    told = run("print", "--to", printer.address, "--check").output
    assert (
        "1 of 1 lines" in told
        and "receipt: 1 poem, no remarks, about 5 cm of paper; nothing was printed" in told
    )


def test_what_is_printed_stays_so(show: Path) -> None:
    """A printed job can be neither retried nor skipped, alone or beside others; one that was skipped can be retried."""
    to = ("--to", "dir:paper", "--press", "text")
    run("print", *to)
    with Queue("poems") as queue:
        queue.mark(2, "skipped")
    for settle in ("retry", "skip"):
        refused = run("queue", settle, "--id", "2", "--id", "3")
        assert refused.exit_code == 2
        assert "job 3 is printed; photopoem print --again prints it once more" in refused.output
    assert "2 printed, 1 skipped" in run("queue", "list", "--all").output
    assert "1 queued again" in run("queue", "retry", "--id", "2").output
    assert "1 removed" in run("queue", "clear").output
    assert "1 printed" in run("print", *to).output


def test_another_press_is_told_of_the_first(show: Path) -> None:
    """If a target has had the poems by another press, a line names that press and the option to print again."""
    run("print", "--to", "dir:paper", "--press", "text")
    told = run("print", "--to", "dir:paper", "--press", "svg").output
    assert "has had all 3 of these as text; --again prints them once more" in told
    assert "has had all 3 of these; --again" in run("print", "--to", "dir:paper", "--press", "text").output


def test_the_queue_is_seen_and_mended(show: Path, printer: FakePrinter) -> None:
    """Doubtful jobs are listed with their cause, and can be retried or skipped."""
    run("print", "--to", printer.address)
    with Queue("poems") as queue:
        for job in (1, 2):
            queue.mark(job, "doubtful", "cut off in the middle")
    listed = run("queue", "list").output
    assert listed.count("cut off in the middle") == 2 and "1 printed, 2 doubtful" in listed
    assert "1 queued again" in run("queue", "retry", "--id", "1").output
    assert "1 skipped" in run("queue", "skip").output
    assert run("print", "--to", printer.address).exit_code == 0
    assert len(printer.jobs) == 4
    assert "2 printed, 1 skipped" in run("queue", "list", "--all").output
    elsewhere = run("queue", "clear", "--to", "dir:elsewhere").output
    assert elsewhere.startswith("nothing is queued for dir:")
    assert "3 removed" in run("queue", "clear", "--history").output
    assert run("queue", "list").output == run("queue", "clear").output == "the queue is empty\n"
    assert run("queue", "retry").output == "nothing is in doubt\n"


def print_to_two(printer: FakePrinter, state: State) -> None:
    """Print three poems to a printer and to a folder; put two jobs of the first and one of the other into a state."""
    run("print", "--to", printer.address)
    run("print", "--to", "dir:out", "--press", "text")
    with Queue("poems") as queue:
        for job in (1, 2, 4):
            queue.mark(job, state)


def test_the_queue_of_one_target_is_seen_and_cleared(show: Path, printer: FakePrinter) -> None:
    """--to lists or removes the jobs of one target, in any spelling of its address."""
    print_to_two(printer, "queued")
    spelled = f"{printer.address}/"
    listed = run("queue", "list", "--to", spelled).output.splitlines()
    assert len(listed) == 3 and listed[-1] == "2 queued, 1 printed" and "dir:" not in "".join(listed)
    assert run("queue", "clear", "--to", spelled).output == "2 removed from the queue\n"
    assert run("queue", "list").output.splitlines()[-1] == "1 queued, 3 printed"
    assert run("queue", "clear", "--to", "dir:out", "--history").output == "3 removed from the queue\n"
    assert run("queue", "list", "--to", "dir:out").output.startswith("nothing is queued for dir:/")
    assert run("queue", "list").output == "1 printed\n"
    assert "is not a target" in run("queue", "clear", "--to", "lpt1").output


def test_the_doubts_of_one_target_are_settled(show: Path, printer: FakePrinter) -> None:
    """--to limits retry and skip to one target; a line names other targets with doubtful jobs."""
    print_to_two(printer, "doubtful")
    nothing = run("queue", "skip", "--to", "dir:elsewhere").output
    assert nothing.startswith("nothing is in doubt for dir:/")
    assert nothing.endswith(f"; there are 1 for dir:{show}/out, 2 for {printer.address}\n")
    assert (
        "there is no job 4 for tcp://" in run("queue", "retry", "--to", printer.address, "--id", "4").output
    )
    assert run("queue", "retry", "--to", f"{printer.address}/").output.startswith("2 queued again")
    assert run("queue", "list").output.splitlines()[-1] == "2 queued, 3 printed, 1 doubtful"
    assert run("queue", "skip", "--to", "dir:out").output == "1 skipped\n"
    assert run("queue", "list", "--all").output.splitlines()[-1] == "2 queued, 3 printed, 1 skipped"


def test_a_folder_may_be_called_by_a_number(show: Path) -> None:
    """A folder of poems may have a number as its name."""
    run("print", "--to", "dir:out", "--press", "text")
    Path("poems").rename("2026")
    assert run("queue", "skip", "2026").output == "nothing is in doubt\n"


def test_print_is_killed_and_goes_on(show: Path, printer: FakePrinter) -> None:
    """The command itself, killed in the middle and called again, prints each poem once or calls it doubtful."""
    printer.seconds = 0.1
    program = Program("print", "--to", printer.address, cwd=show)
    while not printer.jobs:
        time.sleep(0.01)
    time.sleep(0.03)
    program.kill()
    assert program.wait() == -signal.SIGKILL
    ended = Program("print", "--to", printer.address, cwd=show).wait()
    with Queue("poems") as queue:
        counts = queue.counts()
    assert ended == (1 if counts["doubtful"] else 0)
    assert counts["printed"] + counts["doubtful"] == 3 and counts["doubtful"] <= 1
    papers = first_lines(printer)
    assert len(set(papers)) == len(papers) >= 2


def test_the_queue_is_true_after_a_kill(show: Path, printer: FakePrinter) -> None:
    """While a program prints a poem it is on its way; once that was killed it is in doubt, and can be retried."""
    printer.stalled = True
    program = Program("print", "--to", printer.address, cwd=show)
    while "1 sending" not in run("queue", "list").output:
        time.sleep(0.05)
    assert "is being printed; wait for it" in run("queue", "retry", "--id", "1").output
    program.kill()
    assert program.wait() == -signal.SIGKILL
    told = run("queue", "list").output
    assert "the program ended while it was printing" in told and told.endswith("2 queued, 1 doubtful\n")
    assert run("queue", "retry").output.startswith("1 queued again")


def test_what_a_kill_left_of_a_folder_waits_again(show: Path) -> None:
    """If repeating is harmless, a job that a killed program was sending is queued again."""
    with Queue("poems") as queue:
        enqueue(queue, [make_poem("poem")], open_paper("dir:out", "text"))
        queue.mark(1, "sending")
    assert run("queue", "list").output.endswith("1 queued\n")


@pytest.mark.parametrize(
    ("address", "trouble"),
    [
        ("tcp://kitchen-printer.invalid", "unknown host (mistyped"),
        ("serial:/dev/none", "no such device (unplugged, off, or mistyped)"),
        ("", "refused"),
    ],
)
def test_ctrl_c_while_waiting(show: Path, printer: FakePrinter, address: str, trouble: str) -> None:
    """While waiting, it gives the cause and says that Ctrl-C is safe; Ctrl-C ends it with a line on the rest."""
    printer.switch_off()
    errors = show / "errors"
    program = Program("print", "--to", address or printer.address, cwd=show, err=errors)
    until(lambda: errors.exists() and errors.read_text().endswith("\n"))
    told = errors.read_text()
    assert trouble in told and "it continues by itself; Ctrl-C is safe" in told
    program.send_signal(signal.SIGINT)
    assert program.wait(20) == 130
    said = errors.read_text()
    assert "3 still queued, 0 in doubt" in said
    assert f"photopoem queue clear poems --to {address or printer.address}" in said


def test_doctor_is_content(show: Path, printer: FakePrinter) -> None:
    """If all is ready, doctor says so line by line, including the printer, and exits with 0."""
    result = run("doctor", "--print", printer.address, "--labels", "keywords")
    assert result.exit_code == 0, result.output
    assert f"ok    {printer.address}: ready" in result.output
    assert all(line.startswith(("ok ", "note")) for line in result.output.splitlines())
    for about in ("photopoem", "labels", "photographs", "fonts", "grammars", "disk for poems", "label cache"):
        assert f"  {about}: " in result.output, about


def test_doctor_names_a_next_step(show: Path, printer: FakePrinter) -> None:
    """Each problem has a line with a next step, and the exit code is 1."""
    printer.paper = False
    result = run("doctor", "--print", printer.address, "--print", "serial:/dev/none", "--labels", "keywords")
    assert result.exit_code == 1
    bad = [line for line in result.output.splitlines() if line.startswith("bad")]
    assert len(bad) == 2 and "out of paper" in bad[0] and "ls /dev/tty*" in bad[1]
    assert "fix that" in bad[0] and printer.jobs == []


def test_doctor_tells_a_target_that_is_none(show: Path, printer: FakePrinter) -> None:
    """An invalid address has its own line, and the other printers are still checked."""
    told = run("doctor", "--print", "lpt1", "--print", printer.address, "--labels", "keywords").output
    assert "bad   printers: 'lpt1' is not a target" in told and f"{printer.address}: ready" in told


@pytest.mark.parametrize(
    ("labels", "told", "step"),
    [
        ("vision", "Vision has no credentials", "or use --labels local"),
        ("vison", "no labeller is called 'vison'", "did you mean 'vision'?"),
        ("local:nobody", "nothing has been taught as 'nobody' (none yet)", "--as nobody"),
        ("onnx:no.onnx,no.txt", "no.txt: ", "use --labels local meanwhile"),
    ],
)
def test_doctor_says_a_next_step_once(
    show: Path, monkeypatch: pytest.MonkeyPatch, labels: str, told: str, step: str
) -> None:
    """An unavailable labeller has one line, with what to do once at its end."""
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "PHOTOPOEM_VISION_API_KEY", "PHOTOPOEM_VISION_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(show))
    monkeypatch.setenv("PHOTOPOEM_EYE_DIR", str(show))
    result = run("doctor", "--labels", labels)
    assert result.exit_code == 1
    (bad,) = [line for line in result.output.splitlines() if line.startswith("bad")]
    assert bad.startswith(f"bad   labels: {told}") and bad.endswith(step)
    assert bad.count("local") <= 1 + labels.count("local")


def test_the_commands_start_quickly() -> None:
    """Help on printing loads neither the printer library nor an image library."""
    program = (
        "import sys; from photopoem.cli import photopoem\n"
        "photopoem.main(['print', '--help'], standalone_mode=False)\n"
        "loaded = {'escpos', 'PIL', 'numpy', 'watchfiles', 'sklearn'} & set(sys.modules)\n"
        "sys.exit(f'loaded {loaded}' if loaded else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stderr
    assert "--hand" in done.stdout
