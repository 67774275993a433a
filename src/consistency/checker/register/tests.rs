mod cases;
mod known;
mod mutations;
mod recorded;
mod small;
