/// A straight line under points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) slope: f64,
    /// A point that it goes through.
    pub(super) through: (f64, f64),
    /// How far the points lie above it on average.
    pub(super) height: f64,
}

impl Line {
    /// Of all lines under these points, which are in order of x, the one that is nearest to them: the edge of their lower
    /// convex hull below their mean (Zhang, Liu and Xia, INFOCOM 2002). Two different x are needed.
    pub(super) fn under(points: &[(f64, f64)]) -> Option<Self> {
        let mean = points.iter().map(|point| point.0).sum::<f64>() / points.len() as f64;
        let hull = lower_hull(points);
        let edges = hull
            .windows(2)
            .filter_map(|pair| Some((*pair.first()?, *pair.last()?)));
        let (from, to) = edges.into_iter().find(|(_, to)| to.0 >= mean)?;
        let slope = (to.1 - from.1) / (to.0 - from.0);
        let line = Self {
            slope,
            through: from,
            height: 0.0,
        };
        let height = points.iter().map(|point| point.1 - line.at(point.0)).sum::<f64>() / points.len() as f64;
        Some(Self { height, ..line })
    }

    pub(super) fn at(&self, x: f64) -> f64 {
        self.through.1 + self.slope * (x - self.through.0)
    }
}

/// Andrew's monotone chain. Points with the same x count as the lowest of them.
fn lower_hull(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut hull: Vec<(f64, f64)> = Vec::with_capacity(points.len());
    for &point in points {
        if let Some(last) = hull.last().copied().filter(|last| last.0 >= point.0) {
            if last.1 <= point.1 {
                continue;
            }
            hull.pop();
        }
        while let [.., a, b] = hull[..]
            && (b.0 - a.0) * (point.1 - a.1) <= (b.1 - a.1) * (point.0 - a.0)
        {
            hull.pop();
        }
        hull.push(point);
    }
    hull
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_moment_has_no_slope() {
        assert_eq!(Line::under(&[]), None);
        assert_eq!(Line::under(&[(1.0, 5.0), (1.0, 3.0)]), None);
    }

    #[test]
    fn points_above_the_line_do_not_move_it() {
        let points: Vec<_> = (0..30)
            .map(f64::from)
            .map(|x| (x, 7.0 + 2.0 * x + x % 3.0))
            .collect();
        let line = Line::under(&points).unwrap();
        assert_eq!((line.slope, line.at(0.0), line.height), (2.0, 7.0, 1.0));
    }

    proptest! {
        #[test]
        fn no_point_is_below_the_line_and_none_is_nearer(points in proptest::collection::vec((0..50_u8, -1000..1000_i32), 2..40)) {
            let mut points: Vec<_> = points.into_iter().map(|(x, y)| (f64::from(x), f64::from(y))).collect();
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            let Some(line) = Line::under(&points) else {
                prop_assert!(points.iter().all(|point| point.0 == points[0].0));
                return Ok(());
            };
            prop_assert!(points.iter().all(|point| point.1 >= line.at(point.0) - 1e-6));
            for (n, a) in points.iter().enumerate() {
                for b in points[n..].iter().filter(|b| b.0 > a.0) {
                    let slope = (b.1 - a.1) / (b.0 - a.0);
                    let above: Vec<_> = points.iter().map(|point| point.1 - a.1 - slope * (point.0 - a.0)).collect();
                    if above.iter().all(|&height| height >= -1e-6) {
                        let height = above.iter().sum::<f64>() / points.len() as f64;
                        prop_assert!(line.height <= height + 1e-6);
                    }
                }
            }
        }
    }
}
