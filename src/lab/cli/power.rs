//! `crash`, `boot` and `readdress`: power loss and power back.

use super::{Home, note, resolve_unit};
use crate::lab::model::PowerBack;
use crate::lab::moment::Moment;
use crate::lab::rpc::Request;
use crate::model::unit::UnitName;
use anyhow::Result;
use clap::Args;

/// Options of `crash`.
#[derive(Debug, Args)]
pub struct CrashArgs {
    /// The unit.
    unit: String,
    /// The power comes back by itself after so many seconds; without it, only by `boot`.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    delay: Option<u32>,
}

/// `crash`.
pub async fn crash(home: &Home, arguments: &CrashArgs) -> Result<i32> {
    let unit = home.unit(&arguments.unit).await?;
    let asked = Request::Crash(unit.clone(), arguments.delay);
    let back_at: Option<Moment> = serde_json::from_value(home.ask(&asked).await?)?;
    note(off(&unit, back_at));
    Ok(0)
}

/// `boot`.
pub async fn boot(home: &Home, unit: &str) -> Result<i32> {
    let unit = home.unit(unit).await?;
    let back = home.ask(&Request::Boot(unit.clone())).await?;
    note(on(&unit, serde_json::from_value(back)?));
    Ok(0)
}

fn off(unit: &UnitName, back_at: Option<Moment>) -> String {
    match back_at {
        Some(back_at) => format!(
            "{unit}: power is off and comes back at {}; `lab boot {unit}` is earlier",
            back_at.for_goal_state()
        ),
        None => format!("{unit}: power is off; `lab boot {unit}` switches it on"),
    }
}

fn on(unit: &UnitName, back: PowerBack) -> String {
    match back {
        PowerBack::Returned => format!("{unit}: power is on again, and its machine boots"),
        PowerBack::TriedAgain => {
            format!("{unit}: its machine could not be booted before, and is tried again")
        }
        PowerBack::WasOn => format!("{unit}: power was on already; nothing was changed"),
    }
}

/// `readdress`.
pub async fn readdress(home: &Home, units: &[String], all: bool) -> Result<i32> {
    let model = home.model().await?;
    let units = match all {
        true => model.units.keys().cloned().collect(),
        false => units
            .iter()
            .map(|unit| resolve_unit(&model, unit))
            .collect::<Result<Vec<_>>>()?,
    };
    home.ask(&Request::Readdress(units)).await?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_the_power_is_told_with_the_way_back() {
        let unit: UnitName = "mongo-rs/1".parse().unwrap();
        assert_eq!(
            off(&unit, None),
            "mongo-rs/1: power is off; `lab boot mongo-rs/1` switches it on"
        );
        assert_eq!(
            off(&unit, Some(Moment(0))),
            "mongo-rs/1: power is off and comes back at 1970-01-01 00:00:00Z; `lab boot mongo-rs/1` is earlier"
        );
        for (back, told) in [
            (PowerBack::Returned, "power is on again"),
            (PowerBack::TriedAgain, "tried again"),
            (PowerBack::WasOn, "nothing was changed"),
        ] {
            assert!(on(&unit, back).contains(told), "{told}");
        }
    }
}
