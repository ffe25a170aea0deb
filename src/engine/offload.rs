//! How many layers of a model go to a GPU.

use serde::{Deserialize, Serialize};

use super::gguf::Header;
use super::memory::Fit;

/// Of a device's free memory, what is left to its driver and to the screen.
const SPARE: u64 = 256 << 20;

/// A graphics processor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// As its maker calls it.
    pub name: String,
    /// The part of llama.cpp that computes on it.
    pub backend: String,
    /// False when its memory is the machine's.
    pub own_memory: bool,
    /// Bytes.
    pub free: u64,
    /// Bytes.
    pub total: u64,
}

/// What a model takes, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Layers, the output not counted.
    pub layers: u32,
    /// All weights.
    pub weights: u64,
    /// Keys and values of one layer, for the whole context.
    pub cache: u64,
    /// Intermediate results, on each device that computes.
    pub compute: u64,
}

impl Parts {
    /// Of a model as it is to be loaded.
    pub fn of(header: &Header, fit: &Fit) -> Self {
        Self {
            layers: u32::try_from(header.blocks).unwrap_or(u32::MAX),
            weights: fit.need.weights,
            cache: fit.need.cache.div_ceil(header.blocks.max(1)),
            compute: fit.need.compute,
        }
    }
}

/// Layers for these devices together; 0 without any.
pub fn on(devices: &[Device], parts: Parts) -> u32 {
    if devices.is_empty() {
        return 0;
    }
    // Each of them computes, and has a driver.
    let others = devices.len() as u64 - 1;
    let free = devices.iter().map(|device| device.free).fold(0, u64::saturating_add);
    layers(parts, free.saturating_sub(others.saturating_mul(SPARE.saturating_add(parts.compute))))
}

/// Layers that fit into `free` bytes of a device, counted as llama.cpp does: one more than there are
/// means the output too, so the whole model.
///
/// A layer is taken for an equal share of the weights, which is more than it is, since the tokens'
/// vectors and the output are among them: too few are better than too many, which do not load.
pub fn layers(parts: Parts, free: u64) -> u32 {
    let Parts { layers, weights, cache, compute } = parts;
    let room = free.saturating_sub(SPARE).saturating_sub(compute);
    let each = weights.div_ceil(u64::from(layers.max(1))).saturating_add(cache).max(1);
    match u32::try_from(room / each) {
        Ok(count) if count < layers => count,
        _ => layers.saturating_add(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;
    /// As a model of 7 billion weights in 4 bits with 8,192 tokens of context.
    const MODEL: Parts =
        Parts { layers: 28, weights: 4200 * MIB, cache: 16 * MIB, compute: 300 * MIB };

    #[test]
    fn a_device_takes_what_it_has_room_for() {
        // 150 of weights and 16 of cache for each layer, beside 556 for the rest.
        for (free, wanted) in [
            (0, 0),
            (256 * MIB, 0),
            (556 * MIB, 0),
            (556 * MIB + 166 * MIB - 1, 0),
            (556 * MIB + 166 * MIB, 1),
            (556 * MIB + 10 * 166 * MIB, 10),
            (556 * MIB + 28 * 166 * MIB - 1, 27),
            (556 * MIB + 28 * 166 * MIB, 29),
            (u64::MAX, 29),
        ] {
            assert_eq!(layers(MODEL, free), wanted, "{free}");
        }
    }

    #[test]
    fn more_room_never_means_fewer_layers_and_what_is_counted_fits() {
        let mut before = 0;
        for free in (0..12_000).map(|n| n * MIB) {
            let count = layers(MODEL, free);
            assert!(count >= before, "{free}");
            before = count;
            let each = MODEL.weights / 28 + MODEL.cache;
            let taken = u64::from(count.min(28)) * each + if count > 0 { MODEL.compute } else { 0 };
            assert!(taken <= free, "{free}: {count}");
        }
        assert_eq!(before, 29);
    }

    #[test]
    fn several_devices_share_a_model_and_none_takes_none_of_it() {
        let device = |free| Device {
            name: String::new(),
            backend: String::new(),
            own_memory: true,
            free,
            total: free,
        };
        assert_eq!(on(&[], Parts { layers: 0, weights: 0, cache: 0, compute: 0 }), 0);
        let one = on(&[device(2000 * MIB)], MODEL);
        assert_eq!(one, layers(MODEL, 2000 * MIB));
        let two = on(&[device(2000 * MIB), device(2000 * MIB)], MODEL);
        assert!(two > one && two <= 2 * one + 1, "{one} {two}");
        assert_eq!(on(&[device(u64::MAX), device(u64::MAX)], MODEL), 29);
    }

    #[test]
    fn nonsense_does_not_overflow() {
        let all = Parts { layers: u32::MAX, weights: u64::MAX, cache: u64::MAX, compute: u64::MAX };
        assert_eq!(layers(all, u64::MAX), 0);
        let none = Parts { layers: 0, weights: 0, cache: 0, compute: 0 };
        assert_eq!(layers(none, 0), 1);
    }
}
