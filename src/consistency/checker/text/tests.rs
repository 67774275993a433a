mod cases;
mod known;
mod small;
