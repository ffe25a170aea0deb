//! What llama.cpp can compute on besides the processor.

use llama_cpp_2::{LlamaBackendDeviceType, list_llama_ggml_backend_devices};

use crate::engine::gguf::Header;
use crate::engine::memory::Fit;
use crate::engine::offload::{self, Device, Parts};

/// Loads the parts of llama.cpp that are shared libraries, where it was built so: of those for the
/// processor the best that it can run. To be called before the process is confined.
pub fn prepare() {
    #[cfg(feature = "dynamic-backends")]
    shared::load();
}

/// Which of the parts for the processor was loaded, where there are several.
pub fn variant() -> Option<String> {
    #[cfg(feature = "dynamic-backends")]
    return shared::variant();
    #[cfg(not(feature = "dynamic-backends"))]
    None
}

#[cfg(feature = "dynamic-backends")]
mod shared {
    use std::path::{Path, PathBuf};
    use std::sync::Once;

    use llama_cpp_2::llama_backend::{load_backends, load_backends_from_path};

    use crate::base::fs::read_text;

    const PREFIX: &str = "libggml-cpu-";

    /// From `lib/slm` beside the program's directory, where `install.sh` puts them, else from where
    /// cargo has built them. llama.cpp by itself would also look in the current directory, which is
    /// somebody else's.
    pub(super) fn load() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| match installed() {
            Some(dir) => load_backends_from_path(&dir),
            None => load_backends(),
        });
    }

    fn installed() -> Option<PathBuf> {
        let program = std::env::current_exe().ok()?;
        let dir = program.parent()?.parent()?.join("lib/slm");
        let holds =
            |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with(PREFIX);
        std::fs::read_dir(&dir).ok()?.flatten().any(holds).then_some(dir)
    }

    /// From the libraries that are mapped into this process.
    pub(super) fn variant() -> Option<String> {
        let maps = read_text("/proc/self/maps".as_ref()).ok()?;
        let names =
            maps.lines().filter_map(|line| Path::new(line.split_whitespace().last()?).file_stem());
        let mut variants = names.filter_map(|name| name.to_str()?.strip_prefix(PREFIX));
        variants.next().map(str::to_owned)
    }
}

/// Graphics processors, in the order in which llama.cpp uses them.
pub fn list() -> Vec<Device> {
    let devices = list_llama_ggml_backend_devices().into_iter().filter_map(|device| {
        let own_memory = match device.device_type {
            LlamaBackendDeviceType::Gpu => true,
            LlamaBackendDeviceType::IntegratedGpu => false,
            _ => return None,
        };
        Some(Device {
            name: device.description,
            backend: device.backend,
            own_memory,
            free: device.memory_free as u64,
            total: device.memory_total as u64,
        })
    });
    devices.collect()
}

/// Layers of this model that the devices have room for; 0 without any.
pub(super) fn layers(header: &Header, fit: &Fit) -> u32 {
    offload::on(&list(), Parts::of(header, fit))
}

/// Free bytes of devices that do not share the machine's memory.
pub(super) fn own_memory() -> u64 {
    let own = list().into_iter().filter(|device| device.own_memory);
    own.map(|device| device.free).fold(0, u64::saturating_add)
}
