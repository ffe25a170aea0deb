use lights::Light;

#[test]
fn four_steps_lead_home() {
    for light in [Light::Red, Light::RedAmber, Light::Green, Light::Amber] {
        assert_eq!(light.next().next().next().next(), light);
    }
}
