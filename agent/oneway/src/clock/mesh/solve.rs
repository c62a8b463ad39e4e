/// Repetitions with new weights; each one is the best for a sum of distances that comes nearer to the plain one.
const ROUNDS: usize = 30;
/// Steps of one least squares; a mesh of few hops needs far fewer.
const STEPS: usize = 300;
/// The smallest error believed, in nanoseconds.
const FINEST: f64 = 1.0;
/// How near the solution must come, as a share of where it began.
const PRECISION: f64 = 1e-9;

/// The offset between two hosts, by their places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) offset: f64,
    pub(super) error: u64,
}

impl Edge {
    /// How much more was measured than these offsets make.
    pub(super) fn residual(&self, offsets: &[f64]) -> f64 {
        self.offset - (offsets[self.to] - offsets[self.from])
    }

    /// The error is what the residual is measured by: beyond it a pair counts the less, the worse it fits.
    fn weight(&self, residual: f64) -> f64 {
        let error = (self.error as f64).max(FINEST);
        1.0 / (error * error.max(residual.abs()))
    }
}

/// One offset for each host, in each group up to a constant, by iteratively reweighted least squares.
pub(super) fn solve(edges: &[Edge], hosts: usize) -> Vec<f64> {
    let mut offsets = vec![0.0; hosts];
    let mut weights: Vec<f64> = edges.iter().map(|edge| edge.weight(0.0)).collect();
    for _ in 0..ROUNDS {
        let before = offsets.clone();
        descend(edges, &weights, &mut offsets);
        for (weight, edge) in weights.iter_mut().zip(edges) {
            *weight = edge.weight(edge.residual(&offsets));
        }
        if before
            .iter()
            .zip(&offsets)
            .all(|(before, now)| (before - now).abs() < 0.5)
        {
            break;
        }
    }
    offsets
}

/// Weighted least squares, by conjugate gradients from where `offsets` are.
fn descend(edges: &[Edge], weights: &[f64], offsets: &mut [f64]) {
    let mut rest = gather(edges, weights, offsets.len(), |edge| edge.residual(offsets));
    let scale = diagonal(edges, weights, offsets.len());
    let mut direction = scaled(&rest, &scale);
    let mut left = dot(&rest, &direction);
    let enough = left * PRECISION * PRECISION;
    for _ in 0..STEPS {
        let image = gather(edges, weights, offsets.len(), |edge| {
            direction[edge.to] - direction[edge.from]
        });
        let curvature = dot(&direction, &image);
        if left <= enough || curvature <= 0.0 {
            return;
        }
        let length = left / curvature;
        add(offsets, length, &direction);
        add(&mut rest, -length, &image);
        let preconditioned = scaled(&rest, &scale);
        let next = dot(&rest, &preconditioned);
        let turn = next / left;
        for (direction, rest) in direction.iter_mut().zip(preconditioned) {
            *direction = rest + turn * *direction;
        }
        left = next;
    }
}

/// For each host what its pairs have of something, with a sign by their direction.
fn gather(edges: &[Edge], weights: &[f64], hosts: usize, of: impl Fn(&Edge) -> f64) -> Vec<f64> {
    let mut sums = vec![0.0; hosts];
    for (edge, weight) in edges.iter().zip(weights) {
        let share = weight * of(edge);
        sums[edge.to] += share;
        sums[edge.from] -= share;
    }
    sums
}

fn diagonal(edges: &[Edge], weights: &[f64], hosts: usize) -> Vec<f64> {
    let mut sums = vec![0.0; hosts];
    for (edge, weight) in edges.iter().zip(weights) {
        sums[edge.to] += weight;
        sums[edge.from] += weight;
    }
    sums
}

fn scaled(values: &[f64], by: &[f64]) -> Vec<f64> {
    let scale = |(value, by): (&f64, &f64)| if *by > 0.0 { value / by } else { 0.0 };
    values.iter().zip(by).map(scale).collect()
}

fn add(values: &mut [f64], times: f64, other: &[f64]) {
    for (value, other) in values.iter_mut().zip(other) {
        *value += times * other;
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
