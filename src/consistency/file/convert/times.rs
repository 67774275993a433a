//! When the lines of a file were.

/// The times of all lines; a line without one has that of the line before.
#[derive(Default)]
pub(super) struct Times {
    times: Vec<u64>,
    /// How many lines there were before the first that has one.
    without: usize,
}

impl Times {
    /// The next line's.
    pub fn put(&mut self, time: Option<u64>) {
        match (time, self.times.last()) {
            (None, None) => self.without += 1,
            (None, Some(last)) => self.times.push(*last),
            (Some(time), _) => {
                let before = std::mem::take(&mut self.without);
                self.times.extend(std::iter::repeat_n(0, before));
                self.times.push(time);
            }
        }
    }

    /// By place; none at all in a file without any.
    pub fn all(self) -> Vec<u64> {
        self.times
    }
}
