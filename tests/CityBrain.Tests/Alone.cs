namespace CityBrain.Tests;

/// <summary>
/// Tests that need the machine to themselves: processes that must answer within a bound, and storms that take every core.
/// They run after the others, one at a time.
/// </summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
