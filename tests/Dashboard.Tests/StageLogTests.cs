using CityBrain.Model;
using Xunit;

namespace CityBrain.Dashboard.Tests;

public class StageLogTests
{
    private static IntersectionFrame Shown(short stage, long sinceMs) => new() { Stage = stage, StageSinceMs = sinceMs };

    [Fact]
    public void The_first_stage_counts_from_when_it_is_first_seen()
    {
        var log = new StageLog(1);
        log.Note(0, Shown(2, 0), 1_795_390_000_000);
        log.Note(0, Shown(2, 0), 1_795_390_001_000);
        log.Note(0, Shown(1, 1_795_390_005_000), 1_795_390_005_000);
        log.Note(0, Shown(1, 1_795_390_005_000), 1_795_390_009_000);
        Assert.Equal([(2, 1_795_390_000_000, 1_795_390_001_000), (1, 1_795_390_005_000, 1_795_390_009_000)],
            log.Of(0).Select(r => ((int)r.Stage, r.FromMs, r.ToMs)));
    }
}
