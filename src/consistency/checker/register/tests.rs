mod cases;
mod known;
mod mutations;
mod small;
