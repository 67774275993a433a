//! Faults, a file each: how it is begun, and what of it must be undone. Each ends by itself: those in the firewall by the
//! kernel's time-outs, the others by a watchdog and, behind that, by every later hook.

pub mod done;
pub mod fill_disk;
pub mod groups;
pub mod held;
pub mod kill;
pub mod moment;
pub mod partition;
pub mod pause;
pub mod shape;
pub mod slow;
pub mod stop_node;
