//! Names that are there without being defined.

use crate::base::Language;
use crate::syntax;

/// Python: exceptions and functions that the shared list lacks, names that every module has, and those
/// that Python 2 had, since code for both asks for them.
const PYTHON: &[&str] = &[
    "__name__", "__file__", "__doc__", "__package__", "__spec__", "__loader__", "__builtins__", "__path__", "__dict__",
    "__annotations__", "__debug__", "__import__", "__build_class__", "__module__", "__qualname__", "__class__",
    "__all__", "__version__", "__cached__", "__main__",
    "ArithmeticError", "AssertionError", "AttributeError", "BaseException", "BaseExceptionGroup", "BlockingIOError",
    "BrokenPipeError", "BufferError", "BytesWarning", "ChildProcessError", "ConnectionAbortedError", "ConnectionError",
    "ConnectionRefusedError", "ConnectionResetError", "DeprecationWarning", "EOFError", "Ellipsis", "EncodingWarning",
    "EnvironmentError", "Exception", "ExceptionGroup", "False", "FileExistsError", "FileNotFoundError",
    "FloatingPointError", "FutureWarning", "GeneratorExit", "IOError", "ImportError", "ImportWarning",
    "IndentationError", "IndexError", "InterruptedError", "IsADirectoryError", "KeyError", "KeyboardInterrupt",
    "LookupError", "MemoryError", "ModuleNotFoundError", "NameError", "None", "NotADirectoryError", "NotImplemented",
    "NotImplementedError", "OSError", "OverflowError", "PendingDeprecationWarning", "PermissionError",
    "ProcessLookupError", "PythonFinalizationError", "RecursionError", "ReferenceError", "ResourceWarning",
    "RuntimeError", "RuntimeWarning", "StopAsyncIteration", "StopIteration", "SyntaxError", "SyntaxWarning",
    "SystemError", "SystemExit", "TabError", "TimeoutError", "True", "TypeError", "UnboundLocalError",
    "UnicodeDecodeError", "UnicodeEncodeError", "UnicodeError", "UnicodeTranslateError", "UnicodeWarning",
    "UserWarning", "ValueError", "VMSError", "Warning", "WindowsError", "ZeroDivisionError",
    "abs", "aiter", "all", "anext", "any", "ascii", "bin", "bool", "breakpoint", "bytearray", "bytes", "callable",
    "chr", "classmethod", "compile", "complex", "copyright", "credits", "delattr", "dict", "dir", "divmod",
    "enumerate", "eval", "exec", "exit", "filter", "float", "format", "frozenset", "getattr", "globals", "hasattr",
    "hash", "help", "hex", "id", "input", "int", "isinstance", "issubclass", "iter", "len", "license", "list",
    "locals", "map", "max", "memoryview", "min", "next", "object", "oct", "open", "ord", "pow", "print", "property",
    "quit", "range", "repr", "reversed", "round", "set", "setattr", "slice", "sorted", "staticmethod", "str", "sum",
    "super", "tuple", "type", "vars", "zip",
    "apply", "basestring", "buffer", "cmp", "coerce", "execfile", "file", "intern", "long", "raw_input", "reduce",
    "reload", "unichr", "unicode", "xrange", "StandardError",
    "_", "__", "ngettext", "reveal_type", "reveal_locals", "get_ipython", "display", "_IncompleteInputError",
];

/// JavaScript: the language, and what browsers, Node, workers and test runners put beside it.
const JAVASCRIPT: &[&str] = &[
    "undefined", "NaN", "Infinity", "globalThis", "window", "self", "document", "navigator", "location", "history",
    "screen", "localStorage", "sessionStorage", "indexedDB", "caches", "crypto", "performance", "alert", "confirm",
    "prompt", "open", "close", "stop", "focus", "blur", "print", "postMessage", "requestAnimationFrame",
    "cancelAnimationFrame", "requestIdleCallback", "cancelIdleCallback", "getComputedStyle", "matchMedia", "scrollTo",
    "scrollBy", "scroll", "getSelection", "event", "name", "parent", "top", "frames", "opener", "customElements",
    "visualViewport", "devicePixelRatio", "innerWidth", "innerHeight", "outerWidth", "outerHeight", "origin", "status",
    "addEventListener", "removeEventListener", "dispatchEvent", "importScripts", "registration", "clients",
    "skipWaiting", "onmessage", "reportError", "queueMicrotask", "setTimeout", "clearTimeout", "setInterval",
    "clearInterval", "setImmediate", "clearImmediate", "structuredClone", "fetch", "atob", "btoa", "eval", "isNaN",
    "isFinite", "parseInt", "parseFloat", "escape", "unescape", "encodeURI", "decodeURI", "encodeURIComponent",
    "decodeURIComponent", "console", "require", "module", "exports", "process", "global", "Buffer", "__dirname",
    "__filename", "arguments", "async", "await", "of", "let", "static", "WebAssembly", "Intl", "JSON", "Math", "Reflect", "Atomics",
    "describe", "fdescribe", "xdescribe", "it", "fit", "xit", "test", "xtest", "suite", "specify", "context", "expect",
    "assert", "beforeEach", "afterEach", "beforeAll", "afterAll", "before", "after", "setup", "teardown",
    "suiteSetup", "suiteTeardown", "jest", "vi", "vitest", "sinon", "chai", "cy", "Cypress", "browser", "page",
    "jasmine", "spyOn", "should", "QUnit", "step", "STEP", "$", "jQuery", "$$", "_", "angular", "React", "JSX", "Deno", "Bun", "chrome",
    "safari", "__webpack_require__", "__webpack_public_path__", "__webpack_modules__", "__webpack_hash__",
    "__webpack_module__", "__webpack_exports__", "__webpack_chunk_load__", "__resourceQuery", "__non_webpack_require__",
    "define", "goog", "gapi", "google", "ga", "gtag", "dataLayer", "Vue", "Ember", "Backbone", "d3", "Zone", "ng",
    "getDefaultComputedStyle", "trustedTypes", "scheduler", "navigation", "cookieStore", "launchQueue", "sharedStorage",
    "CSS", "DOMException", "GM_xmlhttpRequest", "GM", "unsafeWindow", "registerProcessor", "currentFrame", "sampleRate", "currentTime",
];

/// True for names that are there everywhere in the language.
pub(super) fn has(language: Language, name: &str) -> bool {
    match language {
        Language::Python => PYTHON.contains(&name) || syntax::is_builtin(language, name),
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            // Classes of the platform are too many to list: a capital letter is taken for one.
            JAVASCRIPT.contains(&name)
                || syntax::is_builtin(language, name)
                || name.starts_with(|c: char| c.is_ascii_uppercase())
                || name.starts_with("__")
                || name.starts_with("on")
        }
        _ => syntax::is_builtin(language, name),
    }
}
