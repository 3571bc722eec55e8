using CityBrain.History.Archive;
using CityBrain.History.Arrow;

namespace CityBrain.History.Export;

/// <summary>A store refuses a segment for good: its rows, the database or the password are wrong.</summary>
public sealed class StoreRefusedException(string message, bool everything) : Exception(message)
{
    /// <summary>It would refuse everything (no such database, wrong password), not just these rows.</summary>
    public bool Everything { get; } = everything;
}

/// <summary>
/// A database that rows are sent to. Sending a segment twice leaves its rows there once; several may be sent at once.
/// </summary>
public interface IWarmStore : IAsyncDisposable
{
    /// <summary>Where it is, for people.</summary>
    string Name { get; }

    /// <summary>Rows in the form this store takes.</summary>
    ReadOnlyMemory<byte> Encode(ArchiveTable table, string district, ArrowBatch batch);

    /// <summary>Sends a segment; returns when the store has it.</summary>
    /// <exception cref="StoreRefusedException">It will never take it.</exception>
    /// <exception cref="IOException">It is down, or busy: try again later.</exception>
    Task SendAsync(string spool, SpoolSegment segment, CancellationToken cancel);
}
