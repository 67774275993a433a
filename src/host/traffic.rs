//! Late packets: a queue of our own (`netem` below `htb`) on a network card, for packets to certain addresses.

use super::program::{self, ProgramError};
use std::net::IpAddr;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(10);
/// The handle of our queue: `mr` as a number, so that it is known for ours.
const HANDLE: &str = "6d72:";

/// How many packets may wait, in all: those beyond are dropped, and by default it is 1000.
const MANY: u32 = 1_000_000;

/// How late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Late {
    /// Milliseconds.
    pub latency: u32,
    /// Milliseconds, normally distributed.
    pub jitter: u32,
}

async fn tc(words: &[String]) -> Result<String, ProgramError> {
    program::run(&program::find("tc")?, words, None, LIMIT).await
}

/// The network card that packets to this address leave through.
pub async fn card(address: IpAddr) -> Result<Option<String>, ProgramError> {
    let ip = program::find("ip")?;
    let address = address.to_string();
    let route = program::run(&ip, &["route", "get", &address], None, LIMIT).await?;
    let mut words = route.split_whitespace().skip_while(|word| *word != "dev");
    Ok(words.nth(1).map(str::to_owned))
}

/// The commands that make packets late which leave through a card to these addresses; all others go as before.
pub fn commands(card: &str, addresses: &[IpAddr], late: Late) -> Vec<Vec<String>> {
    let class = |n: u8| format!("{HANDLE}{n}");
    let words = |text: String| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let device = format!("dev {card}");
    let jitter = match late.jitter {
        0 => String::new(),
        jitter => format!(" {jitter}ms distribution normal"),
    };
    let mut commands = vec![
        words(format!(
            "qdisc add {device} root handle {HANDLE} htb default 1"
        )),
        words(format!(
            "class add {device} parent {HANDLE} classid {} htb rate 100gbit",
            class(1)
        )),
        words(format!(
            "class add {device} parent {HANDLE} classid {} htb rate 100gbit",
            class(2)
        )),
        words(format!(
            "qdisc add {device} parent {} netem limit {MANY} delay {}ms{jitter}",
            class(2),
            late.latency
        )),
    ];
    commands.extend(addresses.iter().map(|address| {
        let (protocol, matched) = match address {
            IpAddr::V4(_) => ("ip", format!("ip dst {address}/32")),
            IpAddr::V6(_) => ("ipv6", format!("ip6 dst {address}/128")),
        };
        words(format!(
            "filter add {device} parent {HANDLE} protocol {protocol} u32 match {matched} flowid {}",
            class(2)
        ))
    }));
    commands
}

/// Carries the commands out: all or none.
///
/// # Errors
/// When one of them fails. Where that is the first, which makes the queue, whatever is there is another's.
pub async fn delay(card: &str, addresses: &[IpAddr], late: Late) -> Result<(), ProgramError> {
    for (n, command) in commands(card, addresses, late).iter().enumerate() {
        if let Err(error) = tc(command).await {
            if n > 0 {
                let _ = end(card).await;
            }
            return Err(error);
        }
    }
    Ok(())
}

/// Takes our queue off a card; the kernel puts its default back. Another's queue is left alone.
pub async fn end(card: &str) -> Result<(), ProgramError> {
    if !is_ours(card).await? {
        return Ok(());
    }
    let words = ["qdisc", "del", "dev", card, "root", "handle", HANDLE];
    tc(&words.map(str::to_owned)).await.map(drop)
}

/// Whether the card has our queue. One that has gone took it along.
pub async fn is_ours(card: &str) -> Result<bool, ProgramError> {
    let words = ["qdisc", "show", "dev", card].map(str::to_owned);
    match tc(&words).await {
        Ok(shown) => Ok(shown.contains(&format!("htb {HANDLE} root"))),
        Err(ProgramError::Failed { stderr, .. }) if stderr.contains("Cannot find device") => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packets_to_the_named_addresses_are_late() {
        let late = Late {
            latency: 50,
            jitter: 10,
        };
        let addresses = ["10.0.0.2", "fd00::2"].map(|text| text.parse().unwrap());
        let lines: Vec<String> = commands("eth0", &addresses, late)
            .iter()
            .map(|words| words.join(" "))
            .collect();
        assert_eq!(
            lines,
            [
                "qdisc add dev eth0 root handle 6d72: htb default 1",
                "class add dev eth0 parent 6d72: classid 6d72:1 htb rate 100gbit",
                "class add dev eth0 parent 6d72: classid 6d72:2 htb rate 100gbit",
                "qdisc add dev eth0 parent 6d72:2 netem limit 1000000 delay 50ms 10ms distribution normal",
                "filter add dev eth0 parent 6d72: protocol ip u32 match ip dst 10.0.0.2/32 flowid 6d72:2",
                "filter add dev eth0 parent 6d72: protocol ipv6 u32 match ip6 dst fd00::2/128 flowid 6d72:2",
            ]
        );
    }
}
