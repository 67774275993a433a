//! Outside-in tests: the built binaries, the lab, real servers.

#[cfg(test)]
mod booted;
#[cfg(test)]
mod broken_store;
#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod charm;
#[cfg(test)]
mod check;
#[cfg(test)]
mod client;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod faults_alone;
#[cfg(test)]
mod faults_killed;
#[cfg(test)]
mod figures;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod leader_without_server;
#[cfg(test)]
mod machines;
#[cfg(test)]
mod membership;
#[cfg(test)]
mod mongods;
#[cfg(test)]
mod observer;
#[cfg(test)]
mod options;
#[cfg(test)]
mod outcomes;
#[cfg(test)]
mod power;
#[cfg(test)]
mod reconfig;
#[cfg(test)]
mod recover;
#[cfg(test)]
mod situations;
#[cfg(test)]
mod small_sets;
mod storage;
#[cfg(test)]
mod support;
#[cfg(test)]
mod three_units;
#[cfg(test)]
mod trial;
#[cfg(test)]
mod workloads;
#[cfg(test)]
mod write_test;
#[cfg(test)]
mod zones;
