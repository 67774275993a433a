//! temporary
use super::cli::Home;
use anyhow::Result;
/// t
#[derive(Debug, clap::Args)]
pub struct DemoArgs {}
/// t
pub async fn run(_: &Home, _: DemoArgs) -> Result<i32> { Ok(0) }
