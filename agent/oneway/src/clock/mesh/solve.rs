/// Repetitions with new weights; each one is the best for a sum of distances that comes nearer to the plain one.
const ROUNDS: usize = 30;
/// Steps of one least squares; a mesh of few hops needs far fewer.
const STEPS: usize = 300;
/// The smallest error believed, in nanoseconds.
const FINEST: f64 = 1.0;
/// How near the solution must come, in nanoseconds and as a share of the largest offset.
const PRECISION: (f64, f64) = (1e-3, 1e-12);

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

/// The pairs with what each counts.
struct Mesh<'a> {
    edges: &'a [Edge],
    weights: Vec<f64>,
    /// The first host of each group: it stays where it is, and the others move against it.
    anchors: Vec<usize>,
}

/// One offset for each host, the first of each group at zero, by iteratively reweighted least squares.
pub(super) fn solve(edges: &[Edge], groups: &[usize]) -> Vec<f64> {
    let mut mesh = Mesh {
        edges,
        weights: edges.iter().map(|edge| edge.weight(0.0)).collect(),
        anchors: first_of_each(groups),
    };
    let mut offsets = vec![0.0; groups.len()];
    for _ in 0..ROUNDS {
        let before = offsets.clone();
        mesh.descend(&mut offsets);
        for (weight, edge) in mesh.weights.iter_mut().zip(edges) {
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

/// Groups are numbered in order of their first hosts.
fn first_of_each(groups: &[usize]) -> Vec<usize> {
    let mut firsts = Vec::new();
    for (host, &group) in groups.iter().enumerate() {
        if group == firsts.len() {
            firsts.push(host);
        }
    }
    firsts
}

impl Mesh<'_> {
    /// Weighted least squares, by conjugate gradients from where `offsets` are.
    fn descend(&self, offsets: &mut [f64]) {
        let scale = self.diagonal(offsets.len());
        let mut rest = self.gather(offsets.len(), |edge| edge.residual(offsets));
        let mut direction = scaled(&rest, &scale);
        let mut left = dot(&rest, &direction);
        let enough = self.enough(&scale);
        for _ in 0..STEPS {
            let image = self.gather(offsets.len(), |edge| direction[edge.to] - direction[edge.from]);
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

    /// How much may be left when all offsets are precise.
    fn enough(&self, scale: &[f64]) -> f64 {
        let largest = self
            .edges
            .iter()
            .map(|edge| edge.offset.abs())
            .fold(0.0, f64::max);
        let precision = PRECISION.0 + PRECISION.1 * largest;
        let lightest = scale
            .iter()
            .copied()
            .filter(|&scale| scale > 0.0)
            .fold(f64::MAX, f64::min);
        lightest * precision * precision
    }

    /// For each host what its pairs have of something, with a sign by their direction.
    fn gather(&self, hosts: usize, of: impl Fn(&Edge) -> f64) -> Vec<f64> {
        let mut sums = vec![0.0; hosts];
        for (edge, weight) in self.edges.iter().zip(&self.weights) {
            let share = weight * of(edge);
            sums[edge.to] += share;
            sums[edge.from] -= share;
        }
        for &anchor in &self.anchors {
            sums[anchor] = 0.0;
        }
        sums
    }

    /// For each host what its pairs count.
    fn diagonal(&self, hosts: usize) -> Vec<f64> {
        let mut sums = vec![0.0; hosts];
        for (edge, weight) in self.edges.iter().zip(&self.weights) {
            sums[edge.to] += weight;
            sums[edge.from] += weight;
        }
        sums
    }
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
