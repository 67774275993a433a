//! Which `_id`s members have had, as the leaders keep it in the application's databag: none is given twice.

use super::configs::Known;
use super::set::Broken;
use std::collections::BTreeMap;

/// All `_id`s that were seen in a config, each with the unit that had it.
#[derive(Clone, Default)]
pub struct Ids(BTreeMap<i32, usize>);

impl Ids {
    /// The first one that was never given.
    pub fn first(&self) -> i32 {
        self.0.last_key_value().map_or(0, |(id, _)| id + 1)
    }

    /// A unit that plans sees a config; true when there is a new `_id` in it.
    ///
    /// # Errors
    /// When another unit has had one of its `_id`s.
    pub fn see<const N: usize>(&mut self, config: &Known<N>) -> Result<bool, Broken> {
        let mut fresh = false;
        for (unit, place) in config.places.iter().enumerate() {
            let Some(place) = place else { continue };
            match self.0.insert(place.id, unit) {
                None => fresh = true,
                Some(before) if before == unit => {}
                Some(before) => {
                    return Err(format!(
                        "m/{unit} has the _id {} that m/{before} had",
                        place.id
                    ));
                }
            }
        }
        Ok(fresh)
    }
}
