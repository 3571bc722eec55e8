namespace CityBrain.Doctor;

internal enum Health { Ok, Warn, Fail }

/// <summary>One thing that was looked at.</summary>
/// <param name="Area">configuration, city, clock, disk, broker, dashboard or keys.</param>
/// <param name="Health">Ok, or whether it can be lived with.</param>
/// <param name="What">What was found, in a sentence without its full stop.</param>
/// <param name="Advice">What to do about it; empty for what is ok.</param>
internal sealed record Finding(string Area, Health Health, string What, string Advice = "")
{
    public override string ToString() =>
        $"{Health.ToString().ToLowerInvariant(),-5} {Area,-13} {What}{(Advice.Length > 0 ? ": " + Advice : "")}";
}
