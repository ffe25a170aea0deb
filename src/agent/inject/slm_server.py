"""slm's check server: runs many candidates from one start of the command.

Imported by sitecustomize.py in the first Python process of a checked command, when slm holds the
other end of standard input. The command runs as it would, up to the point where a suspected module
is about to be executed. There the process stops and serves: for each candidate it forks, and the
child goes on with the patched source as if that had been the file from the start. A further fork
goes on with the original, to serve at the next suspected module, and last when the tests have been
collected and none has run: there a candidate that changes only functions which have not run yet
gets their new code put in place. So each candidate pays only for what comes after its module.

A child proves nothing to anybody: what passes here is run again, whole and from the start, as the
plain command. What a child does to itself dies with it; what it leaves behind (processes, scratch
files, shared memory) is removed, and if the file system does not look as before, slm is told.

Linux and CPython 3.6 or later. Never prints. Source of the idea of forking at a point that all
variants share: any fork server; of swapping code objects: `importlib`-based reloaders.
"""
import gc
import marshal
import os
import signal
import sys
import time
import types

_TESTS = "<tests>"
_HEADER = 8
_KILL = signal.SIGKILL


def start(state):
    """Takes over standard input as the channel, when it is one. True on success."""
    import stat

    if not stat.S_ISSOCK(os.fstat(0).st_mode) or not hasattr(signal, "sigtimedwait"):
        return False
    with open(os.path.join(state.side, "watch.txt"), "rb") as handle:
        names = handle.read().decode("utf-8").split("\n")
    import fcntl

    channel = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 200)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    output = os.open(os.path.join(state.side, "output.txt"), flags, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    server = Server(state, channel, [name for name in names if name])
    state.server = server
    server.install()
    return True


class Server(object):
    """One process of the chain, or a candidate forked from one."""

    def __init__(self, state, channel, names):
        self.state = state
        self.up = channel
        self.down = None
        self.ended = False
        self.watched = dict((state.root + name, name) for name in names)
        self.known = {}
        # By real path: the code that the live module was executed from, and its file as it is known there.
        self.codes = {}
        self.names = {}
        self.parsed = {}
        # By id: code objects of watched files that have run in this process.
        self.executed = {}
        self.tracking = False
        self.live = None
        # Digests of what was run at this point, with the answer.
        self.seen = {}
        self.candidate = False
        self.patched = {}
        self.number = 0
        # Tests that candidates failed, the latest first: what the next should be asked first.
        self.order = []

    # -- where to stop -------------------------------------------------------------------------

    def install(self):
        from importlib import machinery

        loader = machinery.SourceFileLoader
        inherited = loader.get_code
        server = self

        def get_code(self, fullname):
            real = None
            try:
                real = server.real(self.get_filename(fullname))
            except Exception:
                pass
            if real is None:
                return inherited(self, fullname)
            return server.load(real, self, fullname, inherited)

        loader.get_code = get_code
        self.track()
        main = self.main_script()
        if main is not None:
            # The interpreter reads the file itself, after this.
            self.remember(main, main)
            self.serve(main)

    def real(self, filename):
        """The real path of a watched file, else None."""
        found = self.known.get(filename, 0)
        if found == 0:
            path = os.path.realpath(filename)
            found = self.known[filename] = path if path in self.watched else None
        return found

    def main_script(self):
        words = getattr(sys, "orig_argv", None)
        if words is None:
            with open("/proc/self/cmdline", "rb") as handle:
                words = [os.fsdecode(word) for word in handle.read().split(b"\0")[:-1]]
        words = list(words[1:])
        while words and words[0].startswith("-"):
            option = words.pop(0)
            if option in ("-X", "-W") and words:
                words.pop(0)
            elif option.startswith("-") and ("m" in option or "c" in option) and len(option) == 2:
                return None
        return self.real(words[0]) if words else None

    def load(self, real, loader, fullname, inherited):
        """The code of a watched module: where candidates for it begin."""
        if self.candidate:
            code = self.patched.get(real)
            return inherited(loader, fullname) if code is None else code
        if real in self.codes:
            # Executed a second time (a reload): what a fork here would mean is not clear.
            return inherited(loader, fullname)
        self.remember(real, loader.get_filename(fullname))
        self.serve(real)
        code = self.patched.get(real) if self.candidate else self.codes.get(real)
        return inherited(loader, fullname) if code is None else code

    def remember(self, real, filename):
        with open(real, "rb") as handle:
            source = handle.read()
        self.names[real] = filename
        self.codes[real] = _compile(source, filename)

    def track(self):
        """Notes which functions of watched files run before the tests do."""
        known, executed, real = self.known, self.executed, self.real

        def on_call(frame, event, arg):
            if event == "call":
                code = frame.f_code
                name = code.co_filename
                found = known.get(name, 0)
                if found == 0:
                    found = real(name) if not name.startswith("<") else None
                if found is not None:
                    executed[id(code)] = code

        self.tracker = on_call
        self.tracking = True
        sys.setprofile(on_call)

    def stop_tracking(self):
        if self.tracking:
            self.tracking = sys.getprofile() is self.tracker
            sys.setprofile(None)

    def at_tests(self):
        """Called when the tests are collected and none has run."""
        if not self.candidate and self.live is None:
            self.serve(_TESTS)

    # -- serving -------------------------------------------------------------------------------

    def serve(self, point):
        """Answers requests. Returns in forked processes: the next of the chain, or a candidate."""
        tracked = self.tracking
        if tracked:
            self.stop_tracking()
        gc.collect()
        if hasattr(gc, "freeze"):
            # What is frozen is not listed.
            gc.unfreeze()
        if point == _TESTS:
            self.live = self.find_functions() if self.tracking else {}
        if hasattr(gc, "freeze"):
            gc.freeze()
        # Other threads do not come along in a fork, and what they hold stays held.
        alone = len(sys._current_frames()) == 1
        while True:
            message = _receive(self.up)
            if message is None:
                os._exit(0)
            request, blob = message
            if not alone:
                _send(self.up, {"status": "threads"})
                continue
            try:
                answer = self.answer(point, request, blob)
            except Exception as error:
                if self.candidate:
                    os._exit(3)
                answer = {"status": "error", "why": "%s: %s" % (type(error).__name__, error)}
            if answer is not None:
                _send(self.up, answer)
                continue
            if not self.candidate and tracked:
                self.track()
            return

    def answer(self, point, request, blob):
        """The answer, or None in a process that is to go on."""
        if point == _TESTS:
            if request.get("swap"):
                return self.swap(request, blob)
            # Files that no process of the chain has imported: the tests will, or their children.
            return self.run(request, blob, {})
        if all(self.state.root + name != point for name, _ in request["files"]):
            return self.forward(request, blob)
        mine = dict(self.texts(request, blob))
        force = request.get("force")
        edit = codes = None
        if len(mine) == 1 and self.codes[point] is not None:
            edit = self.statements(point).edit(mine[point].decode("utf-8"))
        if edit is not None:
            digest = (edit.where, _digest(edit.new))
            if not force and not edit.nodes:
                return {"status": "same"}
        else:
            codes = self.compiled(mine)
            if codes is None:
                return {"status": "syntax"}
            digest = tuple(sorted((real, _digest(code)) for real, code in codes.items()))
        if not force and digest in self.seen:
            return dict(self.seen[digest], repeated=True)
        answer = None
        if edit is not None and edit.swaps and request.get("quick") and not self.ended:
            answer = self.forward(
                dict(request, swap=edit.swaps, point=point), blob + marshal.dumps(edit.new))
            if answer is None:
                return None
            if answer.get("status") in ("again", "absent"):
                answer = None
        if answer is None:
            codes = codes or self.compiled(mine)
            if codes is None:
                return {"status": "syntax"}
            answer = self.run(request, blob, codes)
        if answer is not None and not force:
            self.seen[digest] = answer
        return answer

    def texts(self, request, blob):
        """The files of a candidate: real path and bytes."""
        at = 0
        for name, size in request["files"]:
            yield self.state.root + name, blob[at:at + size]
            at += size

    def compiled(self, texts):
        codes = {}
        for real, data in texts.items():
            codes[real] = _compile(data, self.names.get(real, real))
            if codes[real] is None:
                return None
        return codes

    def statements(self, real):
        found = self.parsed.get(real)
        if found is None:
            with open(real, "rb") as handle:
                found = self.parsed[real] = Statements(handle.read(), self.names[real], self.codes[real])
        return found

    def forward(self, request, blob):
        """Asks the next process of the chain, which is made when it is first needed."""
        if self.ended:
            return {"status": "absent"}
        if self.down is None:
            import _socket

            near, far = _socket.socketpair()
            near, far = near.detach(), far.detach()
            pid = os.fork()
            if pid == 0:
                os.close(near)
                os.close(self.up)
                self.up = far
                self.seen = {}
                return None
            os.close(far)
            self.down = near
            self.child = pid
        answer = None
        if _send(self.down, request, blob):
            answer = _receive(self.down)
        if answer is None:
            # It went on to its end without meeting another suspect.
            self.ended = True
            os.close(self.down)
            self.down = None
            _reap(self.child)
            return {"status": "absent"}
        return answer[0]

    def note(self, outcomes):
        import json

        lines = outcomes.strip().split("\n")
        try:
            last = json.loads(lines[-1])
        except ValueError:
            return
        if last.get("outcome") == "failed" and self.order[:1] != [last["id"]]:
            self.order = [last["id"]] + [test for test in self.order if test != last["id"]][:20]

    def arrange(self, items):
        """Puts pytest's items that earlier candidates failed before the others."""
        ranks = dict((test, rank) for rank, test in enumerate(self.order))
        items.sort(key=lambda item: ranks.get(item.nodeid, len(ranks)))

    # -- running one candidate -----------------------------------------------------------------

    def swap(self, request, blob):
        """Puts new code into functions that have not run, where that is all there is to do."""
        size = sum(size for _, size in request["files"])
        old, new = self.codes.get(request["point"]), marshal.loads(blob[size:])
        if old is None or not self.tracking:
            return {"status": "again"}
        changes = {}
        for to, start in request["swap"]:
            here, there = old, new
            chosen = None
            for step, source in zip(to, start):
                here, there = here.co_consts[step], there.co_consts[source]
                if id(here) not in self.executed:
                    chosen = (here, there)
                    break
            functions = self.live.get(id(chosen[0])) if chosen else None
            if not functions or len(chosen[0].co_freevars) != len(chosen[1].co_freevars):
                return {"status": "again"}
            changes[id(chosen[0])] = (functions, chosen[1])
        return self.run(request, blob, {}, changes)

    def find_functions(self):
        """By id of their code: the functions of watched files that exist."""
        found = {}
        for thing in gc.get_objects():
            if type(thing) is types.FunctionType:
                code = thing.__code__
                if self.known.get(code.co_filename):
                    found.setdefault(id(code), []).append(thing)
        return found

    def run(self, request, blob, codes, changes=None):
        """Forks the candidate and waits for its end. None in the candidate itself."""
        state = self.state
        self.number += 1
        touched = []
        for real, data in self.texts(request, blob):
            touched.append(real)
            _write(real, data)
            # No two candidates share a time: byte code of one must not be taken for another's.
            base = _originals[real][1] if _originals[real] else 0
            later = base + (self.number + 1) * 1000000000
            os.utime(real, ns=(later, later))
        scratch = os.path.join(state.side, "t%d" % self.number)
        before = self.surroundings()
        os.mkdir(scratch, 0o700)
        offsets = _offsets()
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        began = time.time()
        pid = os.fork()
        if pid == 0:
            self.become(request, codes, changes, scratch, blocked)
            return None
        wall = float(request.get("wall") or 10.0)
        most = max(wall, float(request.get("most") or 0.0))
        status, usage, timed_out = _wait(pid, wall, most, os.path.join(state.side, "outcomes.jsonl"))
        elapsed = time.time() - began
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        disorder = self.sweep(before, offsets, scratch)
        self.restore(touched)
        outcomes = _take(os.path.join(state.side, "outcomes.jsonl"))
        self.note(outcomes)
        _take(os.path.join(state.side, "output.txt"), 0)
        after = self.surroundings()
        # A file system takes a block or two for itself.
        more = before[1] - after[1] > 8
        if not disorder and (more or after[2:] != before[2:]):
            disorder = "files were left (blocks, inodes, shared memory: %r, then %r)" % (
                before[1:], after[1:])
        return {
            "status": "ran",
            "code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
            "timeout": timed_out,
            "seconds": elapsed,
            "memory": usage.ru_maxrss * 1024 if usage else 0,
            "outcomes": outcomes,
            "disorder": disorder,
            "swapped": bool(changes),
        }

    def become(self, request, codes, changes, scratch, blocked):
        """Turns a fresh fork into the candidate."""
        os.setsid()
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        os.close(self.up)
        if self.down is not None:
            os.close(self.down)
        self.candidate = True
        self.patched = codes
        self.state.candidate = True
        sys.dont_write_bytecode = not request.get("keep")
        os.environ["TMPDIR"] = scratch
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        tempfile = sys.modules.get("tempfile")
        if tempfile is not None:
            tempfile.tempdir = None
        memory = request.get("memory")
        if memory:
            import resource

            with open("/proc/self/statm", "rb") as handle:
                size = int(handle.read().split()[0]) * resource.getpagesize()
            limit = size + int(memory)
            try:
                resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            except (OSError, ValueError):
                pass
        for functions, code in (changes or {}).values():
            for function in functions:
                function.__code__ = code

    def surroundings(self):
        """What a candidate may change outside of itself: processes, files, shared memory."""
        space = os.statvfs(self.state.side)
        try:
            shared = tuple(sorted(os.listdir("/dev/shm")))
        except OSError:
            shared = ()
        return (_processes(), space.f_bfree, space.f_ffree, shared)

    def sweep(self, before, offsets, scratch):
        """Removes what a candidate has left; gives what stays, if anything."""
        import shutil

        disorder = ""
        for _ in range(100):
            left = _processes() - before[0]
            if not left:
                break
            for pid in left:
                try:
                    os.kill(pid, _KILL)
                except OSError:
                    pass
            time.sleep(0.0005)
        else:
            disorder = "processes cannot be ended"
        shutil.rmtree(scratch, ignore_errors=True)
        known = before[3]
        try:
            for name in os.listdir("/dev/shm"):
                if name not in known:
                    os.unlink("/dev/shm/" + name)
        except OSError:
            pass
        for number, (offset, size) in offsets.items():
            try:
                if os.fstat(number).st_size != size:
                    os.ftruncate(number, size)
                os.lseek(number, offset, os.SEEK_SET)
            except OSError:
                disorder = "an open file cannot be put back"
        return disorder

    def restore(self, touched):
        for real in touched:
            original = _originals.get(real)
            if original is not None:
                data, written = original
                _write(real, data)
                os.utime(real, ns=(written, written))
            else:
                try:
                    os.unlink(real)
                except OSError:
                    pass


# Bytes and time of modification of the files that candidates change.
_originals = {}


def _write(path, data):
    if path not in _originals:
        try:
            with open(path, "rb") as handle:
                _originals[path] = (handle.read(), os.stat(path).st_mtime_ns)
        except OSError:
            _originals[path] = None
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    number = os.open(path, flags, 0o666)
    try:
        while data:
            data = data[os.write(number, data):]
    finally:
        os.close(number)


def _take(path, size=1 << 20):
    """The first `size` bytes of a file as text; the file is emptied."""
    try:
        number = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    try:
        data = os.read(number, size) if size else b""
        os.ftruncate(number, 0)
    except OSError:
        data = b""
    finally:
        os.close(number)
    return data.decode("utf-8", "replace")


def _processes():
    return set(int(name) for name in os.listdir("/proc") if name.isdigit())


def _offsets():
    """Positions in the regular files that are open, which a fork shares."""
    import stat

    found = {}
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        try:
            about = os.fstat(number)
            if stat.S_ISREG(about.st_mode):
                found[number] = (os.lseek(number, 0, os.SEEK_CUR), about.st_size)
        except OSError:
            pass
    return found


def _wait(pid, wall, most, outcomes):
    """Waits for a child, which has `wall` seconds for each test, and `most` in all.

    Gives (status, usage, timed out).
    """
    timed_out = False
    began = time.time()
    deadline = began + wall
    size = 0
    while True:
        try:
            done, status, usage = os.wait4(pid, os.WNOHANG)
        except OSError:
            return 1 << 8, None, timed_out
        if done:
            return status, usage, timed_out
        left = deadline - time.time()
        if left <= 0 and not timed_out:
            # A test that has ended since the last look is progress.
            try:
                now = os.stat(outcomes).st_size
            except OSError:
                now = 0
            if now > size and deadline < began + most:
                size = now
                deadline = min(deadline + wall, began + most)
                continue
        if left <= 0:
            timed_out = True
            try:
                os.kill(pid, _KILL)
            except OSError:
                pass
            left = 5.0
        signal.sigtimedwait([signal.SIGCHLD], left)


def _reap(pid):
    try:
        os.kill(pid, _KILL)
        os.waitpid(pid, 0)
    except OSError:
        pass


def _send(channel, message, blob=b""):
    import json

    text = json.dumps(message).encode("ascii")
    head = len(text).to_bytes(4, "big") + len(blob).to_bytes(4, "big")
    data = head + text + blob
    try:
        while data:
            data = data[os.write(channel, data):]
    except OSError:
        return False
    return True


def _receive(channel):
    """The next message and its blob; None at the end."""
    import json

    head = _read(channel, _HEADER)
    if head is None:
        return None
    text = _read(channel, int.from_bytes(head[:4], "big"))
    blob = _read(channel, int.from_bytes(head[4:], "big"))
    if text is None or blob is None:
        return None
    return json.loads(text.decode("utf-8")), blob


def _read(channel, size):
    parts = []
    while size:
        try:
            data = os.read(channel, min(size, 1 << 20))
        except OSError:
            return None
        if not data:
            return None
        parts.append(data)
        size -= len(data)
    return b"".join(parts)


# -- source ------------------------------------------------------------------------------------


class Statements(object):
    """The top-level statements of a module, so that a small edit need not compile all of it."""

    def __init__(self, source, filename, code):
        import ast

        self.filename = filename
        self.code = code
        self.cache = {}
        self.lines = None
        # Of __future__ imports, which hold for the whole file.
        import __future__

        mask = 0
        for name in __future__.all_feature_names:
            mask |= getattr(__future__, name).compiler_flag
        self.flags = code.co_flags & mask
        try:
            if b"\r" in source.replace(b"\r\n", b""):
                return
            self.lines = _lines(source.decode("utf-8"))
            body = ast.parse(source, filename).body
            starts = [min([n.lineno] + [d.lineno for d in getattr(n, "decorator_list", [])]) for n in body]
            # Each piece reaches to the next; what stands before the first belongs to it.
            self.starts = [0] + [start - 1 for start in starts[1:]]
            # The compiler treats what a module imports in its own way.
            ends = self.starts[1:] + [len(self.lines)]
            self.imports = [
                (start, end) for node, start, end in zip(body, self.starts, ends) if _imports(node)
            ]
        except (SyntaxError, ValueError, AttributeError):
            self.lines = None

    def edit(self, text):
        """The change as compiled pieces; None when the whole file must be compiled."""
        lines = self.lines
        if not lines:
            return None
        new = _lines(text)
        limit = min(len(lines), len(new))
        head = 0
        while head < limit and lines[head] == new[head]:
            head += 1
        tail = 0
        while tail < limit - head and lines[-1 - tail] == new[-1 - tail]:
            tail += 1
        first, last = head, max(head, len(lines) - tail - 1)
        at = 0
        for index, start in enumerate(self.starts):
            if start <= first:
                at = index
        begin = self.starts[at]
        end = self.starts[at + 1] if at + 1 < len(self.starts) else len(lines)
        if last >= end:
            return None
        piece = new[begin:end + len(new) - len(lines)]
        after = self.compiled(piece, begin)
        before = self.cache.get(begin)
        if before is None:
            before = self.cache[begin] = self.compiled(lines[begin:end], begin)
        if after is None or before is None:
            return None
        return Edit(begin, before, after, self.code)

    def compiled(self, lines, begin):
        before = ["\n"] * begin
        for start, end in self.imports:
            if end <= begin:
                before[start:end] = self.lines[start:end]
        try:
            return compile("".join(before + lines), self.filename, "exec", self.flags, True)
        except (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError):
            return None


def _imports(node):
    """True for an import, or a short statement around one."""
    import ast

    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return True
    return isinstance(node, (ast.Try, ast.If)) and len(node.body) < 9 and any(map(_imports, node.body))


def _lines(text):
    # Not splitlines: to Python's tokenizer a form feed ends no line.
    return [line + "\n" for line in text.split("\n")]


class Edit(object):
    """One changed piece: which code objects differ, and where their originals are."""

    def __init__(self, where, old, new, module):
        self.where = where
        self.new = new
        self.nodes = _changed(old, new)
        self.swaps = []
        if () in self.nodes:
            return
        for node in self.nodes:
            wanted = old.co_consts[node[0]]
            same = [
                index for index, part in enumerate(module.co_consts)
                if isinstance(part, types.CodeType)
                and part.co_firstlineno == wanted.co_firstlineno and part.co_name == wanted.co_name
            ]
            if len(same) != 1 or _digest(module.co_consts[same[0]]) != _digest(wanted):
                self.swaps = []
                return
            self.swaps.append(((same[0],) + node[1:], node))


# -- code objects ------------------------------------------------------------------------------


def _compile(source, filename):
    try:
        return compile(source, filename, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError):
        return None


_FIELDS = [
    name for name in (
        "co_name", "co_qualname", "co_argcount", "co_posonlyargcount", "co_kwonlyargcount",
        "co_nlocals", "co_flags", "co_code", "co_names", "co_varnames", "co_freevars",
        "co_cellvars", "co_exceptiontable",
    ) if hasattr((lambda: 0).__code__, name)
]


def _shallow(code):
    """What a code object does, without where it stands and without the code inside it."""
    return tuple(getattr(code, name) for name in _FIELDS) + tuple(
        "code" if isinstance(part, types.CodeType) else _constant(part) for part in code.co_consts
    )


def _constant(part):
    if isinstance(part, (tuple, frozenset)):
        # Sets of equal elements may be listed in another order.
        inner = [_constant(one) for one in part]
        return (type(part).__name__, tuple(sorted(inner)) if isinstance(part, frozenset) else tuple(inner))
    return (type(part).__name__, repr(part))


def _digest(code):
    inner = tuple(_digest(part) for part in code.co_consts if isinstance(part, types.CodeType))
    return hash((_shallow(code), inner))


def _changed(old, new, at=()):
    """Paths, as indexes into co_consts, of the outermost code objects that differ."""
    if _shallow(old) != _shallow(new):
        return [at]
    found = []
    for index, (a, b) in enumerate(zip(old.co_consts, new.co_consts)):
        if isinstance(a, types.CodeType):
            found.extend(_changed(a, b, at + (index,)))
    return found
