//! A planner set against an abstract set: what units plan, what comes of it, and which of it must never be.

use super::checks;
use super::configs::{Configs, host, unit_at};
use super::ids::Ids;
use super::node::Role;
use super::rules::refusal::{Code, Refusal};
use super::rules::{Doing, Node, reconfigure};
use super::set::{Broken, State};
use super::view::{self, Knows, Question};
use super::{Bits, UNITS};
use crate::model::desired::Goal;
use crate::model::plan::{Plan, Step};
use crate::model::set_view::SetView;
use mongodb::bson::Document;
use std::collections::HashMap;
use std::rc::Rc;

/// A planner: ours, or one that is broken on purpose.
pub type Planner = dyn Fn(&SetView, &Goal) -> Plan;

/// All that an answer to a reconfig depends on: config, proposal, who is asked, the term, who answers, primary and committed.
type Asked = (u16, u16, usize, u8, Bits, [bool; 3]);

/// A first step, and what the planner looked at.
pub struct Planned {
    /// Its number.
    pub number: u16,
    /// The step.
    pub step: Step,
    /// The config that was looked at.
    pub config: u16,
    /// The document that the step asks for, where it changes the config.
    pub proposed: Option<Document>,
    /// For people.
    pub text: String,
}

/// The planner, the goal, and what was found out so far.
pub struct World<'a, const N: usize = UNITS> {
    planner: &'a Planner,
    /// The units that are to stay, by bits.
    pub goal: Bits,
    /// All units that there are, by bits.
    pub units: Bits,
    /// How many seconds one entry of the oplog is.
    pub lag: u32,
    /// All configs.
    pub configs: Configs<N>,
    /// Units that have come or gone only just now, however long the others have been as they are; by bits.
    pub fresh: Bits,
    /// The units' zones; 0 for one that has none.
    pub zones: [u8; N],
    /// The `_id`s that members had; none where the leader forgets them.
    pub ids: Option<Ids>,
    plans: HashMap<Question<N>, Option<u16>>,
    steps: Vec<Rc<Planned>>,
    texts: HashMap<String, u16>,
    answers: HashMap<Asked, Result<u16, Refusal>>,
}

impl<'a, const N: usize> World<'a, N> {
    /// With nothing found out yet.
    pub fn new(planner: &'a Planner, units: Bits, goal: Bits, lag: u32) -> Self {
        Self {
            planner,
            goal,
            units,
            lag,
            configs: Configs::default(),
            fresh: 0,
            zones: [0; N],
            ids: None,
            plans: HashMap::new(),
            steps: Vec::new(),
            texts: HashMap::new(),
            answers: HashMap::new(),
        }
    }

    /// True for a unit that is to go.
    pub fn leaves(&self, unit: usize) -> bool {
        self.goal >> unit & 1 == 0
    }

    /// Who there is, and who is to stay, has changed: plans may be others now.
    pub fn wants(&mut self, units: Bits, goal: Bits) {
        (self.units, self.goal) = (units, goal);
        self.plans.clear();
    }

    /// A step by its number.
    pub fn step(&self, number: u16) -> Rc<Planned> {
        Rc::clone(&self.steps[usize::from(number)])
    }

    /// Whom a unit takes for the primary, asking its own server first and then the others that it reaches.
    pub fn asks(&self, state: &State<N>, unit: usize) -> Option<usize> {
        let order = std::iter::once(unit).chain((0..N).filter(|other| *other != unit));
        let mut claims =
            order.filter(|other| state.reaches(unit, *other) && state.is_primary(*other));
        claims.next()
    }

    /// The first step that a unit plans now, checked against the set as it is. With `long` whoever is away has been so for
    /// the grace time.
    pub fn plan(
        &mut self,
        state: &State<N>,
        unit: usize,
        long: bool,
        knows: Knows,
    ) -> Result<Option<u16>, Broken> {
        let primary = self.asks(state, unit);
        // Without a primary the unit's own member tells what it knows.
        let from = primary.unwrap_or(unit);
        let config = state.servers[from].config;
        if config == 0 {
            return Ok(None);
        }
        // One that is not committed may be undone, and an _id in it be free again.
        if let Some(ids) = &mut self.ids
            && state.config_committed(&self.configs, from)
            && ids.see(self.configs.get(config))?
        {
            self.plans.clear();
        }
        let doors = (0..N).filter(|other| state.reaches(unit, *other));
        let question = Question {
            asker: unit,
            from,
            config,
            knows: if self.leaves(unit) {
                Knows::Nothing
            } else {
                knows
            },
            primary: primary.is_some(),
            committed: primary.is_some()
                && state.config_committed(&self.configs, from)
                && state.oplog_committed(&self.configs, from),
            letters: view::letters(state, &self.configs, from, self.lag),
            doors: doors.fold(0, |bits, other| bits | 1 << other),
            long,
            fresh: self.fresh,
        };
        let answer = match self.plans.get(&question) {
            Some(answer) => *answer,
            None => {
                let answer = self.ask(&question);
                self.plans.insert(question, answer);
                answer
            }
        };
        if let Some(step) = answer {
            let planned = self.step(step);
            let check = checks::step(self, state, (unit, knows), primary, &planned);
            check.map_err(|why| format!("m/{unit} plans to {}: {why}", planned.text))?;
        }
        Ok(answer)
    }

    fn ask(&mut self, question: &Question<N>) -> Option<u16> {
        let seen = view::view(&self.configs, question);
        let number = question.config;
        let leaving = self.leaves(question.asker);
        // A unit that leaves does not know who else does.
        let units = match question.knows {
            Knows::Gone => (self.goal, 0),
            Knows::Dying => (self.goal, self.units & !self.goal),
            Knows::Nothing => (self.units, 0),
        };
        let mut goal = view::goal(question, leaving, units, &self.zones);
        goal.first_id = self.ids.as_ref().map_or(0, Ids::first);
        let plan = (self.planner)(&seen, &goal);
        let first = plan.steps.into_iter().next()?;
        let proposed = match &first.step {
            Step::Reconfigure { changes, .. } => {
                let changed = seen.config.with(changes);
                changed.ok().map(|config| config.document())
            }
            _ => None,
        };
        let text = format!("{} ({})", first.step, first.why);
        let key = format!("{number} {:?}", first.step);
        if let Some(step) = self.texts.get(&key) {
            return Some(*step);
        }
        let step = self.steps.len() as u16;
        self.steps.push(Rc::new(Planned {
            number: step,
            step: first.step,
            config: number,
            proposed,
            text,
        }));
        self.texts.insert(key, step);
        Some(step)
    }

    /// Carries a step out as the agent does: it looks again first, and then asks the primary.
    ///
    /// # Errors
    /// When `mongod` refuses what the planner could have known that it refuses.
    pub fn carry_out(
        &mut self,
        state: &mut State<N>,
        unit: usize,
        planned: &Planned,
        late: bool,
    ) -> Result<(), Broken> {
        let excused = |why: String| if late { Ok(()) } else { Err(why) };
        match &planned.step {
            Step::Reconfigure {
                primary,
                version,
                term,
                ..
            } => {
                let Some(primary) = unit_at(&primary.to_string()) else {
                    return Err("there is no such primary".to_owned());
                };
                if !state.reaches(unit, primary) {
                    return excused("it cannot be reached".to_owned());
                }
                let number = state.servers[primary].config;
                if number == 0 {
                    return excused("it has no config".to_owned());
                }
                let now = self.configs.get(number);
                if (now.version, i64::from(now.term)) != (*version, *term) {
                    return excused(
                        "it was planned from another config than is in force".to_owned(),
                    );
                }
                self.reconfigure(state, primary, planned, late)
            }
            Step::HandOver { from, to } => {
                let (from, to) = (unit_at(&from.to_string()), unit_at(&to.to_string()));
                match (from, to) {
                    (Some(from), Some(to))
                        if state.reaches(unit, from) && state.is_primary(from) =>
                    {
                        self.hand_over(state, from, to, late)
                    }
                    _ => excused("it is no primary that can be reached".to_owned()),
                }
            }
            other => Err(format!("this is no step for members: {other}")),
        }
    }

    fn reconfigure(
        &mut self,
        state: &mut State<N>,
        primary: usize,
        planned: &Planned,
        late: bool,
    ) -> Result<(), Broken> {
        let Some(proposed) = &planned.proposed else {
            return Err("the change does not fit the config".to_owned());
        };
        let server = state.servers[primary];
        let there = (0..N).filter(|unit| state.reaches(primary, *unit));
        let flags = [
            server.role == Role::Primary,
            state.config_committed(&self.configs, primary),
            state.oplog_committed(&self.configs, primary),
        ];
        let there = there.fold(0, |bits, unit| bits | 1 << unit);
        let asked = (
            server.config,
            planned.number,
            primary,
            server.term,
            there,
            flags,
        );
        let answer = match self.answers.get(&asked) {
            Some(answer) => answer.clone(),
            None => {
                let answer = self.mongod(asked, proposed);
                self.answers.insert(asked, answer.clone());
                answer
            }
        };
        // What only time can bring about is excused where time has passed.
        let by_time = |code| {
            use Code::{CurrentConfigNotCommittedYet, NodeNotFound, NotWritablePrimary};
            let codes = [
                CurrentConfigNotCommittedYet,
                NodeNotFound,
                NotWritablePrimary,
            ];
            codes.contains(&code)
        };
        match answer {
            Ok(number) => {
                let required = state.commit_point(&self.configs, primary);
                let server = &mut state.servers[primary];
                server.required = server.required.max(required);
                server.config = number;
                Ok(())
            }
            Err(refusal) if late && by_time(refusal.code) => Ok(()),
            Err(refusal) => Err(format!("mongod refuses: {refusal}")),
        }
    }

    /// What the rules say.
    fn mongod(&mut self, asked: Asked, proposed: &Document) -> Result<u16, Refusal> {
        let (config, _, primary, term, there, [is_primary, config_committed, oplog_committed]) =
            asked;
        let own = host(primary);
        let node = Node {
            installed: Some(&self.configs.get(config).document),
            host: &own,
            doing: if is_primary {
                Doing::Primary
            } else {
                Doing::Other
            },
            term: i64::from(term),
            config_committed,
            oplog_committed,
            write_concern_set: false,
            custom_write_concern: None,
            answers: &|host| unit_at(host).is_some_and(|unit| there >> unit & 1 == 1),
            jump: 0,
        };
        let document = reconfigure(&node, proposed, false)?;
        Ok(self.configs.number(document))
    }

    /// M21: somebody electable and a majority must have all that it has; it waits for them. The others are kept from
    /// standing meanwhile, which may fail: who is elected is open.
    fn hand_over(
        &mut self,
        state: &mut State<N>,
        primary: usize,
        heir: usize,
        late: bool,
    ) -> Result<(), Broken> {
        // A primary that does not know yet of a later one refuses what its planner could not know either.
        let term = state.servers[primary].term;
        let late = late || state.servers.iter().any(|server| server.term > term);
        let Some(config) = state.config(&self.configs, primary) else {
            return Ok(());
        };
        let follows = |unit: &usize| {
            *unit != primary
                && state.reaches(primary, *unit)
                && state.servers[*unit].role == Role::Secondary
                // Whoever knows of a later primary does not follow this one.
                && state.servers[*unit].term <= term
                && state.is_member(&self.configs, *unit)
        };
        let followers: Vec<usize> = (0..N).filter(follows).collect();
        let able = |unit: &usize| config.places[*unit].is_some_and(|place| place.electable);
        let caught_up = config
            .voters()
            .filter(|unit| followers.contains(unit))
            .count()
            + 1;
        if caught_up < config.majority() || !followers.iter().any(able) {
            let why = "no electable secondaries caught up";
            return if late { Ok(()) } else { Err(why.to_owned()) };
        }
        let takes_over = followers.contains(&heir) && able(&heir);
        if !late && !takes_over {
            return Err(format!("m/{heir} cannot take over"));
        }
        for unit in followers {
            state.pull(primary, unit);
        }
        state.acknowledge(&self.configs)?;
        let server = &mut state.servers[primary];
        server.role = Role::Secondary;
        server.weary = true;
        state.heir = Some(heir as u8);
        Ok(())
    }
}
