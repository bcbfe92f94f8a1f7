"""Says at the end what tests/run adds up."""


def pytest_terminal_summary(terminalreporter):
    counts = {
        outcome: len(terminalreporter.stats.get(outcome, []))
        for outcome in ("passed", "failed", "error")
    }
    terminalreporter.write_line("")
    terminalreporter.write_line(
        f"{counts['passed']} passed, {counts['failed'] + counts['error']} failed"
    )
