//! Colours as eyes see them.

/// A colour of sRGB, made linear.
#[derive(Clone, Copy, Debug)]
pub(super) struct Colour([f64; 3]);

/// What eyes without one sort of cones see of linear red, green and blue (Machado, Oliveira and Fernandes 2009, severity 1).
const EYES: [(&str, [[f64; 3]; 3]); 4] = [
    ("to most", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "to protanopes",
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
    ),
    (
        "to deuteranopes",
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
    ),
    (
        "to tritanopes",
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ],
    ),
];

/// The matrix from linear sRGB to XYZ, and the white that it is relative to.
const XYZ: [[f64; 3]; 3] = [
    [0.412_456, 0.357_576, 0.180_438],
    [0.212_673, 0.715_152, 0.072_175],
    [0.019_334, 0.119_192, 0.950_304],
];
const WHITE: [f64; 3] = [0.950_47, 1.0, 1.088_83];

impl Colour {
    /// From `#rgb` or `#rrggbb`.
    pub(super) fn parse(text: &str) -> Self {
        let digits = text.strip_prefix('#').unwrap();
        let long = digits.len() == 6;
        Self(std::array::from_fn(|place| {
            let part = if long {
                digits[2 * place..][..2].to_owned()
            } else {
                digits[place..][..1].repeat(2)
            };
            let part = f64::from(u8::from_str_radix(&part, 16).unwrap()) / 255.0;
            if part <= 0.040_45 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        }))
    }

    /// By WCAG.
    pub(super) fn contrast(&self, other: &Self) -> f64 {
        let light = |colour: &Self| colour.times(&XYZ).0[1] + 0.05;
        let (one, two) = (light(self), light(other));
        one.max(two) / one.min(two)
    }

    fn times(&self, matrix: &[[f64; 3]; 3]) -> Self {
        Self(matrix.map(|row| row.iter().zip(self.0).map(|(factor, part)| factor * part).sum()))
    }

    /// CIE 1976 L*a*b*.
    fn lab(&self) -> [f64; 3] {
        let clipped = Self(self.0.map(|part| part.clamp(0.0, 1.0)));
        let xyz = clipped.times(&XYZ).0;
        let [x, y, z] = std::array::from_fn(|place| {
            let part = xyz[place] / WHITE[place];
            if part > 0.008_856 {
                part.cbrt()
            } else {
                7.787 * part + 16.0 / 116.0
            }
        });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }
}

/// How far two colours are for those eyes that see the least difference.
pub(super) fn least_distance(one: &Colour, two: &Colour) -> (&'static str, f64) {
    let distance = |matrix| {
        let (one, two) = (one.times(matrix).lab(), two.times(matrix).lab());
        one.iter()
            .zip(two)
            .map(|(one, two)| (one - two).powi(2))
            .sum::<f64>()
            .sqrt()
    };
    let all = EYES.iter().map(|(eyes, matrix)| (*eyes, distance(matrix)));
    all.min_by(|one, two| one.1.total_cmp(&two.1)).unwrap()
}

#[test]
fn known_colours_are_as_far_apart_as_they_are_known_to_be() {
    let [white, black, red, green] = ["#fff", "#000", "#b03020", "#4a6b1e"].map(Colour::parse);
    assert!((white.contrast(&black) - 21.0).abs() < 1e-3);
    assert!((least_distance(&white, &black).1 - 100.0).abs() < 0.1);
    // A red and a green of this sort are one to some.
    let (eyes, distance) = least_distance(&red, &green);
    assert!(eyes != "to most" && distance < 30.0, "{eyes} {distance}");
}
