//! What goes over the wire in the protected modes, against octets worked out apart from this crate (with OpenSSL's AES,
//! PBKDF2 and HMAC, by the text of RFC 4656 sections 3.1, 3.2 and 4.1.2 and RFC 5357 section 4.2.1).

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod world;

use wattle_oneway::ErrorEstimate;
use wattle_oneway::Timestamp;
use wattle_oneway::TimestampFormat::Ntp;
use wattle_oneway::control::*;
use wattle_oneway::owamp::TestPacket;
use wattle_oneway::twamp::ReflectedPacket;
use world::*;

fn digits(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn same(octets: &[u8], known: &str) {
    assert_eq!(digits(octets), known.split_whitespace().collect::<String>());
}

#[test]
fn a_connection_is_encrypted_as_one_chain_in_each_direction() {
    let mut world = World::of(Protocol::Owamp, Security::Encrypted);
    world.carry_to_client(None);
    let response = world.client.poll_transmit().unwrap();
    same(
        &response[84..148],
        "f617ce39afa68f584e6e1216d63bc270 846c1f3714418f1fc14a9f865d3d8e4d
     0af9f1995052d4e1bbd74445b76480fd 690cf597392b767de968d43e2b4c6569",
    );
    world.server.handle_bytes(world.now, &response);
    let start = world.server.poll_transmit().unwrap();
    world.client.handle_bytes(world.now, &start);

    let ack = start_again(
        &mut world,
        "221f5af1a62d342f319c7d15be39c315e9e76bf363112d673bb0a44188909ef4",
    );
    same(
        &[&start[32..], &ack].concat(),
        "e72e17cdcdbc1383469837aecd4fafa5 f49c95f571c20b117a06f6eadf228e4d 83994f74040edd22d8b6b83fc7e51047",
    );
    start_again(
        &mut world,
        "9c2b064a3e12123d565af7c9077e13edfa5cd2653c71329e540fc18c9f35ee03",
    );
    let refused = ClientEvent::NotStarted(Accept::Failure);
    assert_eq!(world.client_events()[1..], [refused.clone(), refused]);
}

/// Sends Start-Sessions, which are these octets, and gives the refusal.
fn start_again(world: &mut World, known: &str) -> Vec<u8> {
    world.client.start(world.now).unwrap();
    let message = world.client.poll_transmit().unwrap();
    same(&message, known);
    world.server.handle_bytes(world.now, &message);
    let ack = world.server.poll_transmit().unwrap();
    world.client.handle_bytes(world.now, &ack);
    ack
}

fn stamp(time: u64, error: u16) -> Stamp {
    Stamp::new(
        Timestamp::from_bytes(time.to_be_bytes(), Ntp),
        ErrorEstimate::from_bytes(error.to_be_bytes()),
    )
}

fn protection(security: Security) -> TestProtection {
    let mut world = World::of(Protocol::Twamp, security);
    world.exchange();
    world.client.test_protection(Sid([7; 16]))
}

#[test]
fn test_packets_are_sealed_with_the_keys_of_their_session() {
    let packet = TestPacket {
        sequence: 5,
        sent: stamp(0xeeab_6e68_8799_b2c4, 0x8421),
    };
    for (security, known) in [
        (
            Security::Authenticated,
            "1c456a5dcf50b967d3a643ac2ae5500d eeab6e688799b2c48421000000000000 9431df4674d310c72405fcb86053634b",
        ),
        (
            Security::Encrypted,
            "1c456a5dcf50b967d3a643ac2ae5500d a53a7cb302fd78012305a7e5ce4fc74c 28408a8c2a9702996e86dac584b8a382",
        ),
    ] {
        let protection = protection(security);
        same(&packet.encode(&protection, &[]), known);
        assert_eq!(
            TestPacket::decode(&protection, &packet.encode(&protection, &[1; 9])),
            Ok(packet)
        );
    }
}

#[test]
fn replies_are_sealed_with_the_same_keys() {
    let reply = ReflectedPacket {
        sequence: 9,
        sent: stamp(0xeeab_6e68_8799_b2c4, 0x8421),
        received: Timestamp::from_ntp(0xeeab_6e68_8799_b2c3),
        sender_sequence: 5,
        sender_sent: stamp(0xeeab_6e68_8799_b2c2, 0x8422),
        sender_ttl: 254,
    };
    for (security, known) in [
        (
            Security::Authenticated,
            "21927eacdcb4976ec2f29b221a63b6f9 eeab6e688799b2c48421000000000000
     eeab6e688799b2c30000000000000000 00000005000000000000000000000000
     eeab6e688799b2c28422000000000000 fe000000000000000000000000000000
     73ac4a37eb9054d25f262bb0a0f49844 ",
        ),
        (
            Security::Encrypted,
            "21927eacdcb4976ec2f29b221a63b6f9 c77fdcd8b309179f4788fb6cf982326a
     52a4ac5197900914b55b061feec7a879 fac37a2b2d01f0409fe9ea433f1bd9bf
     d5c8832b5d25ead6ec4edcba9206cec9 951199fe748425dce548030208871dc9
     6952de016335b7ae4fe43ae06c907615 ",
        ),
    ] {
        let protection = protection(security);
        same(&reply.encode(&protection, &[]), known);
        assert_eq!(
            ReflectedPacket::decode(&protection, &reply.encode(&protection, &[1; 9])),
            Ok(reply)
        );
    }
}
