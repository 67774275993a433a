//! One machine as the controller remembers it.

use crate::lab::moment::Moment;
use serde::{Deserialize, Serialize};

/// Whether a machine should run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Power {
    /// It runs, or is being booted.
    #[default]
    On,
    /// It lost power and stays off until `boot`, or until [`Machine::back_at`].
    Off,
}

/// What power back was for a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PowerBack {
    /// It was off.
    Returned,
    /// It was on, but could not be booted.
    TriedAgain,
    /// It was on.
    WasOn,
}

/// One machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Its number.
    pub id: u32,
    /// Its name.
    pub hostname: String,
    /// Whether it should run.
    pub power: Power,
    /// When the power comes back by itself, if it is to.
    #[serde(default)]
    pub back_at: Option<Moment>,
    /// How often it was booted; a unit that saw another number runs `start` again.
    pub boots: u64,
    /// Whether it runs now. Set back when the controller starts.
    pub running: bool,
    /// Why it could not be booted.
    pub problem: Option<String>,
    /// Its IPv4 address, once booted.
    pub address: Option<String>,
    /// Its IPv6 address, once booted.
    pub address6: Option<String>,
    /// The last part of its addresses, once `readdress` has given it another than its number's.
    #[serde(default)]
    pub lease: Option<u8>,
    /// The hardware address of its interface.
    pub mac: String,
    /// The name of its interface.
    pub interface: String,
    /// The network that its address is in, with its length: `10.61.0.0/24`.
    pub subnet: String,
    /// Its first process, as the controller's process namespace numbers it.
    pub init_pid: Option<u32>,
}

impl Machine {
    /// Power back: it is booted as soon as the controller looks.
    pub fn switch_on(&mut self) -> PowerBack {
        let back = match (self.power, &self.problem) {
            (Power::Off, _) => PowerBack::Returned,
            (Power::On, Some(_)) => PowerBack::TriedAgain,
            (Power::On, None) => PowerBack::WasOn,
        };
        self.power = Power::On;
        self.back_at = None;
        self.problem = None;
        back
    }

    /// Power loss, until this moment or for good.
    pub fn switch_off(&mut self, back_at: Option<Moment>) {
        self.power = Power::Off;
        self.back_at = back_at;
        self.running = false;
        self.init_pid = None;
    }

    /// Whether the power is to be back by now, and is not.
    pub fn is_due(&self, now: Moment) -> bool {
        self.power == Power::Off && self.back_at.is_some_and(|back_at| back_at <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_comes_back_at_its_moment_and_only_where_it_was_said() {
        let mut machine = Machine::default();
        assert!(!machine.is_due(Moment(99)), "it is on");
        machine.switch_off(Some(Moment(10)));
        assert!(!machine.is_due(Moment(9)));
        assert!(machine.is_due(Moment(10)));
        assert!(machine.is_due(Moment(99)), "overdue");
        machine.switch_on();
        assert!(!machine.is_due(Moment(99)), "it was booted by hand");
        machine.switch_off(Some(Moment(10)));
        machine.switch_off(None);
        assert!(!machine.is_due(Moment(99)), "it is to stay off");
    }

    #[test]
    fn power_back_tells_what_it_was() {
        let mut machine = Machine::default();
        assert_eq!(machine.switch_on(), PowerBack::WasOn);
        machine.problem = Some("no space left".to_owned());
        assert_eq!(machine.switch_on(), PowerBack::TriedAgain);
        assert_eq!(machine.problem, None);
        machine.switch_off(None);
        assert_eq!(machine.switch_on(), PowerBack::Returned);
        assert_eq!(machine.switch_on(), PowerBack::WasOn);
    }

    #[test]
    fn a_model_of_before_has_no_such_moment() {
        let mut kept = serde_json::to_value(Machine::default()).unwrap();
        kept.as_object_mut().unwrap().remove("back_at");
        let read: Machine = serde_json::from_value(kept).unwrap();
        assert_eq!(read, Machine::default());
    }
}
