using System.Net.Sockets;
using CityBrain.History.Archive;
using CityBrain.History.Arrow;
using Npgsql;

namespace CityBrain.History.Export;

/// <summary>
/// PostgreSQL, and what speaks like it. A table of the archive is a table <c>citybrain_NAME</c>, made when it is not
/// there; rows come by COPY. A segment's number is kept in the same transaction as its rows: one that comes twice is
/// known and left out. Numbers of segments that cannot come again are forgotten now and then.
/// </summary>
public sealed class PostgresStore : IWarmStore
{
    private const string Prefix = "citybrain_";
    private const string Taken = Prefix + "segments";
    private const int Connections = 16, WriteBufferBytes = 1 << 16, ForgetEvery = 64;

    /// <summary>What goes before and after rows in a file for COPY.</summary>
    public static ReadOnlySpan<byte> FileHeader => PostgresRows.Header;

    public static ReadOnlySpan<byte> FileTrailer => PostgresRows.Trailer;

    private readonly NpgsqlDataSource _source;
    private readonly HashSet<string> _made = [];
    private readonly SemaphoreSlim _making = new(1);

    /// <param name="connection">A connection string of Npgsql: Host=...;Database=...;Username=...</param>
    /// <exception cref="ArgumentException">It is none.</exception>
    public PostgresStore(string connection)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection) 
        {
            MaxPoolSize = Connections, Timeout = 5, WriteBufferSize = WriteBufferBytes,
        };
        _source = NpgsqlDataSource.Create(settings);
        Name = $"{settings.Host}/{settings.Database}";
    }

    public string Name { get; }

    public ReadOnlyMemory<byte> Encode(ArchiveTable table, string district, ArrowBatch batch) =>
        PostgresRows.Encode(table, district, batch);

    public async Task SendAsync(string spool, SpoolSegment segment, CancellationToken cancel)
    {
        try
        {
            await using NpgsqlConnection connection = await _source.OpenConnectionAsync(cancel).ConfigureAwait(false);
            foreach (SpoolPart part in segment.Parts) await MakeAsync(connection, part.Table, cancel).ConfigureAwait(false);
            await MakeAsync(connection, Taken, cancel).ConfigureAwait(false);
            await using NpgsqlTransaction transaction =
                await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
            if (!await ClaimAsync(connection, spool, segment, cancel).ConfigureAwait(false)) return;
            foreach (IGrouping<string, SpoolPart> table in segment.Parts.GroupBy(p => p.Table))
                await CopyAsync(connection, table.Key, table, cancel).ConfigureAwait(false);
            await transaction.CommitAsync(cancel).ConfigureAwait(false);
        }
        catch (PostgresException e) when (!e.IsTransient)
        {
            // 28: password or role; 3D: no such database; 42: rights, or a table of another shape.
            bool everything = e.SqlState.StartsWith("28", StringComparison.Ordinal)
                || e.SqlState.StartsWith("3D", StringComparison.Ordinal)
                || e.SqlState.StartsWith("42", StringComparison.Ordinal);
            // 57: the server is going down, or comes up.
            if (e.SqlState.StartsWith("57", StringComparison.Ordinal)) throw new IOException($"{Name}: {e.MessageText}", e);
            throw new StoreRefusedException($"{Name}: {e.SqlState} {e.MessageText}", everything);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException)
        {
            throw new IOException($"{Name}: {e.Message}", e);
        }
    }

    public ValueTask DisposeAsync()
    {
        _making.Dispose();
        return _source.DisposeAsync();
    }

    /// <summary>
    /// Notes a segment's number; false when it was noted before. Where another connection has just written it (of an
    /// exporter that was killed), the database waits for that one's end.
    /// </summary>
    private static async Task<bool> ClaimAsync(
        NpgsqlConnection connection, string spool, SpoolSegment segment, CancellationToken cancel)
    {
        await using var claim = new NpgsqlCommand(
            $"INSERT INTO {Taken}(spool, number) VALUES($1, $2) ON CONFLICT DO NOTHING", connection);
        claim.Parameters.Add(new NpgsqlParameter { Value = spool });
        claim.Parameters.Add(new NpgsqlParameter { Value = segment.Number });
        if (await claim.ExecuteNonQueryAsync(cancel).ConfigureAwait(false) == 0) return false;
        if (segment.Number % ForgetEvery != 0) return true;
        await using var forget = new NpgsqlCommand($"DELETE FROM {Taken} WHERE spool = $1 AND number < $2", connection);
        forget.Parameters.Add(new NpgsqlParameter { Value = spool });
        forget.Parameters.Add(new NpgsqlParameter { Value = segment.Oldest });
        await forget.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        return true;
    }

    private static async Task CopyAsync(
        NpgsqlConnection connection, string table, IEnumerable<SpoolPart> parts, CancellationToken cancel)
    {
        ArchiveTable known = ArchiveTables.Find(table) ?? throw new IOException($"the spool holds an unknown table {table}");
        string columns = string.Join(", ", known.Columns.Select(c => PostgresRows.Column(c.Name)));
        await using Stream copy = await connection.BeginRawBinaryCopyAsync(
            $"COPY {Prefix}{table}(district, {columns}) FROM STDIN (FORMAT BINARY)", cancel).ConfigureAwait(false);
        await copy.WriteAsync(PostgresRows.Header, cancel).ConfigureAwait(false);
        foreach (SpoolPart part in parts) await copy.WriteAsync(part.Payload, cancel).ConfigureAwait(false);
        await copy.WriteAsync(PostgresRows.Trailer, cancel).ConfigureAwait(false);
    }

    /// <summary>Makes a table that is not there; one connection at a time, since two would stand in each other's way.</summary>
    private async Task MakeAsync(NpgsqlConnection connection, string table, CancellationToken cancel)
    {
        await _making.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_made.Contains(table)) return;
            string sql = table == Taken
                ? $"CREATE TABLE IF NOT EXISTS {Taken}(spool text, number bigint, PRIMARY KEY (spool, number))"
                : Definition(ArchiveTables.Find(table)
                    ?? throw new IOException($"the spool holds an unknown table {table}"));
#pragma warning disable CA2100 // made of the names of the archive's own tables and columns
            await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
            await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
            _made.Add(table);
        }
        finally
        {
            _making.Release();
        }
    }

    private static string Definition(ArchiveTable table)
    {
        string columns = string.Join(", ", table.Columns.Select(c =>
            $"{PostgresRows.Column(c.Name)} {PostgresRows.Type(c)}{(c.Nullable ? "" : " NOT NULL")}"));
        string name = Prefix + table.Name, time = PostgresRows.Column(ArchiveTable.TimeColumn);
        return $"CREATE TABLE IF NOT EXISTS {name}(district text NOT NULL, {columns}); "
            + $"CREATE INDEX IF NOT EXISTS {name}_time ON {name} USING brin({time})";
    }
}
