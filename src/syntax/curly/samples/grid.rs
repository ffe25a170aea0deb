//! A sample for the properties of edits.

use std::collections::HashMap;

#[derive(Clone, Debug)]
pub struct Grid {
    width: usize,
    height: usize,
    cells: Vec<u8>,
    names: HashMap<String, (usize, usize)>,
}

impl Grid {
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, cells: vec![0; width * height], names: HashMap::new() }
    }

    pub fn at(&self, x: usize, y: usize) -> Option<u8> {
        if x >= self.width || y >= self.height {
            return None;
        }
        Some(self.cells[y * self.width + x])
    }

    pub fn set(&mut self, name: &str, value: u8) -> Result<(), String> {
        let (x, y) = *self.names.get(name).ok_or_else(|| format!("no {name}"))?;
        let place = y * self.width + x;
        if place < self.cells.len() {
            self.cells[place] = value;
        } else {
            return Err(name.to_owned());
        }
        Ok(())
    }

    pub fn neighbours(&self, x: usize, y: usize) -> usize {
        let mut count = 0;
        for dx in 0..3 {
            for dy in 0..=2 {
                if dx == 1 && dy == 1 {
                    continue;
                }
                count += usize::from(self.at(x + dx - 1, y + dy - 1).unwrap_or(0) > 0);
            }
        }
        count
    }
}
