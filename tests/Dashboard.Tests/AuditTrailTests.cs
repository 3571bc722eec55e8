using Xunit;

namespace CityBrain.Dashboard.Tests;

public sealed class AuditTrailTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-audit").FullName;

    private string File1 => Path.Combine(_folder, "audit.jsonl");

    private void Write(int entries)
    {
        using var trail = new AuditTrail(_folder, TimeProvider.System);
        for (int i = 0; i < entries; i++) trail.Add("kim", "override Hold", "A1", "because", done: true);
    }

    private long? BrokenAt()
    {
        using var trail = new AuditTrail(_folder, TimeProvider.System);
        return trail.BrokenAt;
    }

    [Fact]
    public void A_trail_goes_on_after_a_restart()
    {
        Write(3);
        Write(2);
        using var trail = new AuditTrail(_folder, TimeProvider.System);
        Assert.Null(trail.BrokenAt);
        Assert.Equal([5, 4, 3, 2, 1], trail.Recent().Select(e => e.Number));
    }

    [Fact]
    public void A_changed_line_shows()
    {
        Write(4);
        File.WriteAllLines(File1, File.ReadLines(File1).Select((l, i) => i == 1 ? l.Replace("because", "whatever", StringComparison.Ordinal) : l).ToArray());
        Assert.Equal(2, BrokenAt());
    }

    [Fact]
    public void A_missing_line_shows()
    {
        Write(4);
        File.WriteAllLines(File1, File.ReadLines(File1).Where((_, i) => i != 2).ToArray());
        Assert.Equal(3, BrokenAt());
    }

    [Fact]
    public void A_torn_last_line_shows_and_the_next_entry_has_a_line_of_its_own()
    {
        Write(2);
        using (var stream = new FileStream(File1, FileMode.Open)) stream.SetLength(stream.Length - 10);
        Assert.Equal(2, BrokenAt());
        Write(1);
        Assert.Equal(3, File.ReadLines(File1).Count());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
