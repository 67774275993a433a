//! From values to places in a drawing, and the marks at its axes.

/// An axis: values from and to, and the places of both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    logarithmic: bool,
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Scale {
    /// Equal steps for equal differences. An axis without length gets one.
    pub fn linear((from, to): (f64, f64), (start, end): (f64, f64)) -> Self {
        let to = if to > from { to } else { from + 1.0 };
        Self {
            logarithmic: false,
            from,
            to,
            start,
            end,
        }
    }

    /// Equal steps for equal ratios; from and to are opened to the next 1, 2 or 5.
    pub fn logarithmic((from, to): (f64, f64), (start, end): (f64, f64)) -> Self {
        let from = if from > 0.0 {
            from
        } else {
            f64::MIN_POSITIVE.max(1e-3)
        };
        let from = round_down(from);
        let to = round_up(to.max(from));
        let to = if to > from { to } else { round_up(from * 1.5) };
        Self {
            logarithmic: true,
            from,
            to,
            start,
            end,
        }
    }

    /// The place of a value; those outside are at the ends.
    pub fn at(&self, value: f64) -> f64 {
        let share = match self.logarithmic {
            true => (value.max(self.from) / self.from).ln() / (self.to / self.from).ln(),
            false => (value - self.from) / (self.to - self.from),
        };
        let share = if share.is_finite() {
            share.clamp(0.0, 1.0)
        } else {
            0.0
        };
        self.start + share * (self.end - self.start)
    }

    /// The values at which marks stand, at most about so many.
    pub fn ticks(&self, most: usize) -> Vec<f64> {
        match self.logarithmic {
            true => self.ratios(most),
            false => self.steps(most),
        }
    }

    fn steps(&self, most: usize) -> Vec<f64> {
        let step = nice((self.to - self.from) / most.max(1) as f64);
        let first = (self.from / step).ceil();
        (0..=most + 1)
            .map(|count| (first + count as f64) * step)
            .take_while(|value| *value <= self.to * (1.0 + 1e-12))
            .collect()
    }

    fn ratios(&self, most: usize) -> Vec<f64> {
        let (low, high) = (
            self.from.log10().floor() as i32,
            self.to.log10().ceil() as i32,
        );
        let within = |value: &f64| *value >= self.from * 0.999 && *value <= self.to * 1.001;
        let of = |steps: &[f64]| -> Vec<f64> {
            (low..=high)
                .flat_map(|power| steps.iter().map(move |step| step * 10f64.powi(power)))
                .filter(within)
                .collect()
        };
        let fine = of(&[1.0, 2.0, 5.0]);
        if fine.len() <= most {
            return fine;
        }
        let decades = of(&[1.0]);
        let every = decades.len().div_ceil(most.max(1)).max(1);
        decades.into_iter().step_by(every).collect()
    }
}

/// The next 1, 2 or 5 times a power of ten that is not smaller. One for what is no length.
pub fn nice(raw: f64) -> f64 {
    match raw > 0.0 && raw.is_finite() {
        true => round_up(raw),
        false => 1.0,
    }
}

fn round_up(value: f64) -> f64 {
    let power = 10f64.powi(value.log10().floor() as i32);
    let steps = [1.0, 2.0, 5.0, 10.0];
    let found = steps
        .iter()
        .find(|step| **step * power >= value * (1.0 - 1e-9));
    found.unwrap_or(&10.0) * power
}

fn round_down(value: f64) -> f64 {
    let power = 10f64.powi(value.log10().floor() as i32);
    let steps = [5.0, 2.0, 1.0];
    let found = steps
        .iter()
        .find(|step| **step * power <= value * (1.0 + 1e-9));
    found.unwrap_or(&1.0) * power
}

#[cfg(test)]
mod tests {
    use super::super::number::tick;
    use super::*;

    fn told(scale: Scale, most: usize) -> String {
        let ticks = scale.ticks(most);
        ticks.into_iter().map(tick).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round_numbers() {
        let place = (0.0, 100.0);
        for (domain, most, expected) in [
            ((0.0, 60.8), 8, "0 10 20 30 40 50 60"),
            ((0.0, 60.8), 3, "0 50"),
            ((0.0, 0.0), 4, "0 0.5 1"),
            ((0.0, 1e6), 5, "0 200,000 400,000 600,000 800,000 1,000,000"),
            ((0.0, 1.8e10), 4, "0 5e9 1e10 1.5e10"),
        ] {
            assert_eq!(
                told(Scale::linear(domain, place), most),
                expected,
                "{domain:?}"
            );
        }
        for (domain, most, expected) in [
            ((0.3, 90.0), 20, "0.2 0.5 1 2 5 10 20 50 100"),
            ((0.3, 90.0), 5, "1 10 100"),
            ((7.0, 7.0), 9, "5 10"),
            ((5.0, 5.0), 9, "5 10"),
            ((0.0, 100.0), 3, "0.001 0.1 10"),
            ((0.0, 0.0), 9, "0.001 0.002"),
        ] {
            assert_eq!(
                told(Scale::logarithmic(domain, place), most),
                expected,
                "{domain:?}"
            );
        }
    }

    #[test]
    fn places_are_within_the_axis() {
        let linear = Scale::linear((0.0, 10.0), (100.0, 200.0));
        let places: Vec<f64> = [-5.0, 0.0, 5.0, 10.0, 1e300, f64::NAN]
            .map(|value| linear.at(value))
            .to_vec();
        assert_eq!(places, [100.0, 100.0, 150.0, 200.0, 200.0, 100.0]);
        let log = Scale::logarithmic((1.0, 100.0), (100.0, 0.0));
        for (value, place) in [
            (1.0, 100.0),
            (10.0, 50.0),
            (100.0, 0.0),
            (0.0, 100.0),
            (1e9, 0.0),
        ] {
            assert!((log.at(value) - place).abs() < 1e-9, "{value}");
        }
    }

    #[test]
    fn nice_steps() {
        for (raw, step) in [
            (0.7, 1.0),
            (1.0, 1.0),
            (1.1, 2.0),
            (3.0, 5.0),
            (7.0, 10.0),
            (0.0, 1.0),
            (f64::INFINITY, 1.0),
        ] {
            assert!((nice(raw) - step).abs() < 1e-9, "{raw}");
        }
    }
}
