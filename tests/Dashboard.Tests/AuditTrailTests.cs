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

    [Fact]
    public void Lines_cut_off_at_the_end_show()
    {
        Write(5);
        File.WriteAllLines(File1, File.ReadLines(File1).Take(3).ToArray());
        Assert.Equal(4, BrokenAt());
    }

    [Fact]
    public void An_entry_that_was_written_when_the_power_failed_before_its_number_was_is_not_called_a_forgery()
    {
        Write(3);
        byte[] head = File.ReadAllBytes(Path.Combine(_folder, "audit.head"));
        Write(1);
        File.WriteAllBytes(Path.Combine(_folder, "audit.head"), head);
        Assert.Null(BrokenAt());
    }

    [Fact]
    public void A_change_is_found_while_the_trail_is_open()
    {
        using var trail = new AuditTrail(_folder, TimeProvider.System);
        for (int i = 0; i < 4; i++) trail.Add("kim", "override Hold", "A1", "because", done: true);
        AuditCheck whole = trail.Verify();
        Assert.Equal((4, null, trail.Recent()[0].Hash), (whole.Entries, whole.BrokenAt, whole.Head));
        string text = File.ReadAllText(File1);
        File.WriteAllText(File1, text.Replace("\"number\":3", "\"number\":9", StringComparison.Ordinal));
        Assert.Equal(3, trail.Verify().BrokenAt);
        File.WriteAllText(File1, string.Concat(text.Split('\n').Take(3).Select(l => l + "\n")));
        Assert.Equal(4, trail.Verify().BrokenAt);
    }

    [Fact]
    public void A_trail_in_memory_is_checked_too()
    {
        using var trail = new AuditTrail(null, TimeProvider.System);
        for (int i = 0; i < 3; i++) trail.Add("kim", "override Hold", "A1", "because", done: true);
        Assert.Equal((3, null), (trail.Verify().Entries, trail.Verify().BrokenAt));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
