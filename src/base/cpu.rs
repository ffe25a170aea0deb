//! The processor: its name, and the instructions that matter to language models.

use std::fs::File;
use std::io::Read as _;

/// What the kernel calls instructions that llama.cpp has kernels for.
const FEATURES: [&str; 22] = [
    "avx",
    "avx2",
    "fma",
    "f16c",
    "avx_vnni",
    "avx512f",
    "avx512bw",
    "avx512_vbmi",
    "avx512vbmi",
    "avx512_vnni",
    "avx512_bf16",
    "amx_tile",
    "amx_int8",
    "amx_bf16", // x86-64
    "asimd",
    "asimdhp",
    "asimddp",
    "bf16",
    "i8mm",
    "sve",
    "sve2",
    "sme", // AArch64
];

/// A processor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cpu {
    /// As its maker calls it; else the architecture.
    pub name: String,
    /// Those known here, as Linux calls them; empty where it cannot be told.
    pub features: Vec<String>,
    /// Whatever the system says of the first core that stays the same: two processors on which compiled
    /// code behaves differently differ in this.
    pub identity: String,
}

impl Cpu {
    /// The one that this process runs on.
    pub fn here() -> Self {
        // The first core is described in far less, and there may be hundreds of them.
        let mut start = Vec::new();
        let read =
            File::open("/proc/cpuinfo").and_then(|f| f.take(16 << 10).read_to_end(&mut start));
        Self::parse(&String::from_utf8_lossy(if read.is_ok() { &start } else { &[] }))
    }

    /// From the text of `/proc/cpuinfo`.
    fn parse(text: &str) -> Self {
        let core = text.split("\n\n").next().unwrap_or_default();
        let fields = || core.lines().filter_map(|line| line.split_once(':'));
        let field = |wanted: &str| {
            fields().find(|(name, _)| name.trim() == wanted).map(|(_, value)| value.trim())
        };
        let flags = field("flags").or_else(|| field("Features")).unwrap_or_default();
        let known = |flag: &&str| FEATURES.contains(flag);
        let part = || Some(format!("{} {}", field("CPU implementer")?, field("CPU part")?));
        let name = field("model name").map(str::to_owned).or_else(part);
        let name = name.unwrap_or_else(|| std::env::consts::ARCH.to_owned());
        let step = ["cpu family", "model", "stepping", "CPU variant", "CPU revision"];
        let step = step.map(|name| field(name).unwrap_or_default()).join(" ");
        Self {
            features: flags.split(' ').filter(known).map(str::to_owned).collect(),
            identity: format!("{name}\n{step}\n{flags}"),
            name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTEL: &str = "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon 8481C\n\
        stepping\t: 8\ncpu MHz\t\t: 2700.0\nflags\t\t: fpu avx avx2 avx512f amx_tile amx_int8 hypervisor\n\n\
        processor\t: 1\nmodel name\t: another\n";
    const ARM: &str = "processor\t: 0\nFeatures\t: fp asimd asimddp i8mm\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n";

    #[test]
    fn name_and_features_are_those_of_the_first_core() {
        let intel = Cpu::parse(INTEL);
        assert_eq!(intel.name, "Xeon 8481C");
        assert_eq!(intel.features, ["avx", "avx2", "avx512f", "amx_tile", "amx_int8"]);
        let arm = Cpu::parse(ARM);
        assert_eq!((arm.name.as_str(), arm.features.len()), ("0x41 0xd40", 3));
        let none = Cpu::parse("");
        assert!(!none.name.is_empty() && none.features.is_empty());
    }

    #[test]
    fn what_changes_by_itself_is_no_part_of_its_identity() {
        let identity = |text: &str| Cpu::parse(text).identity;
        assert_eq!(identity(INTEL), identity(&INTEL.replace("2700.0", "3100.2")));
        assert_ne!(identity(INTEL), identity(&INTEL.replace(" amx_int8", "")));
        assert_ne!(identity(INTEL), identity(&INTEL.replace("stepping\t: 8", "stepping\t: 9")));
    }
}
