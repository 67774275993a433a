mod cases;
mod known;
mod recorded;
mod small;
