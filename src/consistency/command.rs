//! temporary
#[derive(Debug, clap::Args)]
/// t
pub struct WriteTestArgs {}
/// t
pub async fn run(_: WriteTestArgs, _: &mut dyn std::io::Write) -> u8 {
    0
}
