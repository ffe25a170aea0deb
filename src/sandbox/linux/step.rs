//! Names of the things that can fail between fork and exec, as numbers that fit a message.

macro_rules! steps {
    ($($name:ident = $number:literal $text:literal;)*) => {
        $(pub(super) const $name: i32 = $number;)*

        /// Completes "cannot ...".
        pub(super) fn text(step: i32) -> &'static str {
            match step { $($number => $text,)* _ => "set up the sandbox" }
        }
    };
}

steps! {
    DESCRIPTORS = 1 "arrange descriptors";
    IDENTITY = 2 "map the user into a new user namespace";
    PRIVATE_MOUNTS = 3 "make mounts private";
    READ_ONLY = 4 "make the system read-only";
    SPACE = 5 "mount the scratch space";
    LOWER = 6 "open a directory to be covered";
    OVERLAY = 7 "mount an overlay";
    DEVICES = 8 "set up /dev";
    RUNTIME = 9 "hide /run";
    MASK = 10 "hide the user's secrets";
    SCRATCH = 11 "make scratch directories";
    PATCH = 12 "write a patched file";
    SIDE = 13 "write a side file";
    PROC = 14 "mount /proc";
    LOOPBACK = 15 "bring the loopback interface up";
    FORK = 16 "fork";
    SESSION = 17 "start a session";
    WORKING_DIRECTORY = 18 "enter the working directory";
    LIMIT = 19 "set a limit";
    OUTPUT = 20 "connect the output";
    PRIVILEGES = 21 "give up privileges";
    LANDLOCK = 22 "apply Landlock";
    SECCOMP = 23 "apply the system call filter";
}
