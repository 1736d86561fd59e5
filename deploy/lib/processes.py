"""Starting and ending the processes of an installation: only those started here, by their own process ids."""
import os
import signal
import subprocess
import time


class Process:
    """One process of its own session, its output in a log file. It outlives this program when it is let go."""

    def __init__(self, name, words, log, environment=None):
        self.name = name
        self.log = log
        with open(log, "ab") as out:
            self.child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                                          close_fds=True, env=environment)

    @property
    def pid(self):
        return self.child.pid

    def running(self):
        return self.child.poll() is None

    def end(self, patience=20):
        """Asks it to end (SIGTERM) and waits; after `patience` seconds it is killed, which is told as False."""
        if not self.running():
            return True
        self.child.terminate()
        try:
            self.child.wait(patience)
            return True
        except subprocess.TimeoutExpired:
            self.kill()
            return False

    def kill(self):
        """kill -9: the power cut of a process."""
        if self.running():
            os.kill(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def wait_for_end(self, patience=30):
        return self.child.wait(patience)

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()


def wait_until(condition, patience, process=None, pause=0.02):
    """True as soon as condition() holds; False when `patience` seconds passed or the process ended."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if condition():
            return True
        if process is not None and not process.running():
            return condition()
        time.sleep(pause)
    return False
