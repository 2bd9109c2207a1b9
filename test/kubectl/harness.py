"""What checks are made of: a kubectl client to drive, running commands to watch, terminals."""

import json
import os
import pty
import re
import select
import subprocess
import threading
import time

TIMEOUT = 60


class Failure(Exception):
    """What was seen is not what Kubernetes would answer."""


class Skip(Exception):
    """The client or the machine lacks something; not a fault of ours."""


CHECKS = []  # (area, sentence, function, first client version, why)


def check(sentence, since=None, lacks=""):
    """Registers a check. `since`: the first client version that can do it; `lacks`: what older ones lack."""

    def register(function):
        area = function.__module__.rsplit(".", 1)[-1]
        CHECKS.append((area, sentence, function, since, lacks))
        return function

    return register


def expect(condition, message):
    if not condition:
        raise Failure(message)


def has(text, *wanted):
    """`text` contains each of `wanted`, in any order."""
    for want in wanted:
        if want not in text:
            raise Failure(f"misses {want!r} in:\n{text}")
    return text


def lacks(text, *unwanted):
    for word in unwanted:
        if word in text:
            raise Failure(f"has {word!r}, which should not be there, in:\n{text}")
    return text


def matches(text, pattern):
    found = re.search(pattern, text, re.MULTILINE)
    if not found:
        raise Failure(f"nothing matches /{pattern}/ in:\n{text}")
    return found


def same(seen, wanted):
    if seen != wanted:
        raise Failure(f"is {seen!r}, should be {wanted!r}")


def eventually(probe, seconds=20, every=0.2):
    """Calls `probe` until it raises no Failure; its value."""
    end = time.monotonic() + seconds
    while True:
        try:
            return probe()
        except Failure:
            if time.monotonic() > end:
                raise
        time.sleep(every)


class Running:
    """A command under way, its output growing."""

    def __init__(self, command, env):
        self.command = command
        self.process = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.text = ""
        self.lock = threading.Lock()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while chunk := os.read(self.process.stdout.fileno(), 65536):
            with self.lock:
                self.text += chunk.decode(errors="replace")

    def output(self):
        with self.lock:
            return self.text

    def send(self, text):
        try:
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Failure(f"{' '.join(self.command)} has ended:\n{self.output()}") from None

    def shows(self, *wanted, seconds=20):
        return eventually(lambda: has(self.output(), *wanted), seconds, 0.05)

    def ends(self, seconds=30):
        """The exit code, once it has ended by itself."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"{' '.join(self.command)} does not end; so far:\n{self.output()}") from None
        self.reader.join(5)
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.reader.join(5)
        for stream in (self.process.stdin, self.process.stdout):
            try:
                stream.close()
            except BrokenPipeError:
                pass


class Terminal:
    """A command on a pseudo-terminal, as a user sits before it."""

    def __init__(self, command, env):
        self.text = ""
        self.code = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, env)

    def send(self, text):
        os.write(self.fd, text.encode())

    def shows(self, wanted, seconds=20):
        end = time.monotonic() + seconds
        while wanted not in self.text:
            if not self._read(end):
                raise Failure(f"the terminal never shows {wanted!r}; it shows:\n{self.text}")
        return self.text

    def ends(self, seconds=20):
        end = time.monotonic() + seconds
        while self._read(end):
            pass
        while self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end:
                raise Failure(f"the terminal does not end; it shows:\n{self.text}")
            else:
                time.sleep(0.05)
        return self.code

    def _read(self, end):
        ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
        if not ready:
            return False
        try:
            chunk = os.read(self.fd, 65536)
        except OSError:  # the other side is closed
            return False
        self.text += chunk.decode(errors="replace")
        return bool(chunk)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.code is None:
            try:
                os.kill(self.pid, 9)
                os.waitpid(self.pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
        os.close(self.fd)


class Kubectl:
    """One kubectl binary, against one world, in one namespace."""

    def __init__(self, binary, version, kubeconfig, namespace, directory):
        self.binary = binary
        self.version = version
        self.namespace = namespace
        self.directory = directory
        self.env = {**os.environ, "KUBECONFIG": kubeconfig, "HOME": os.path.dirname(directory), "TERM": "dumb"}
        os.makedirs(directory, exist_ok=True)

    def command(self, args):
        return [self.binary, "--namespace", self.namespace, *args]

    def run(self, *args, stdin="", env=None, seconds=TIMEOUT):
        """(exit code, standard output, standard error)"""
        try:
            done = subprocess.run(
                self.command(args), env={**self.env, **(env or {})}, input=stdin, capture_output=True,
                text=True, errors="replace", timeout=seconds, cwd=self.directory)
        except subprocess.TimeoutExpired as e:
            raise Failure(f"kubectl {' '.join(args)}: no end after {seconds} s; "
                          f"so far: {e.stdout} {e.stderr}") from None
        return done.returncode, done.stdout, done.stderr

    def ok(self, *args, **options):
        """Standard output of a command that must succeed."""
        code, out, err = self.run(*args, **options)
        expect(code == 0, f"kubectl {' '.join(args)}: exit {code}\n{out}{err}")
        return out

    def no(self, *args, says="", code=1, **options):
        """Both outputs of a command that must fail with `code`, and say so."""
        seen, out, err = self.run(*args, **options)
        expect(seen == code, f"kubectl {' '.join(args)}: exit {seen}, should be {code}\n{out}{err}")
        return has(out + err, says)

    def json(self, *args, **options):
        return json.loads(self.ok(*args, "-o", "json", **options))

    def value(self, what, path):
        return self.ok("get", *what.split(), "-o", f"jsonpath={{{path}}}")

    def create(self, *objects):
        return self.ok("create", "-f", "-", stdin=documents(objects))

    def apply(self, *objects, args=()):
        return self.ok("apply", *args, "-f", "-", stdin=documents(objects))

    def ready(self, *pods):
        for name in pods:
            self.ok("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=40s", seconds=50)

    def start(self, *args):
        return Running(self.command(args), self.env)

    def terminal(self, *args):
        return Terminal(self.command(args), self.env)

    def without_credentials(self):
        """Path of a kubeconfig that knows the server and no user: certificates would win over tokens."""
        kept = [line for line in self.ok("config", "view", "--raw").splitlines()
                if "client-certificate-data" not in line and "client-key-data" not in line]
        return self.file("nobody-kubeconfig", "\n".join(kept))

    def file(self, name, text):
        path = os.path.join(self.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def script(self, name, text):
        path = self.file(name, "#!/bin/sh\n" + text)
        os.chmod(path, 0o755)
        return path


def documents(objects):
    return json.dumps(objects[0] if len(objects) == 1 else {"apiVersion": "v1", "kind": "List", "items": objects})
