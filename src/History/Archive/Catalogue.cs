using Microsoft.Data.Sqlite;

namespace CityBrain.History.Archive;

/// <summary>What is known of a journal that was compacted.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Events">Events compacted.</param>
/// <param name="Chain">SHA-256 chain after the last block compacted, hexadecimal.</param>
public sealed record CompactedJournal(string Id, long Events, string Chain);

/// <summary>
/// The catalogue of an archive, in SQLite: which files there are, their times and checksums, so that a query opens
/// only what it needs; which journals are in it up to which event; which files a rule has dropped. The files are the
/// truth: what the catalogue says of them is made again from them when it is missing.
/// </summary>
internal sealed class Catalogue : IDisposable
{
    private const string Tables = """
        CREATE TABLE IF NOT EXISTS files(
            path TEXT PRIMARY KEY, name TEXT NOT NULL, day_ms INTEGER NOT NULL, day TEXT NOT NULL,
            district TEXT NOT NULL, journal TEXT NOT NULL, row_count INTEGER NOT NULL, bytes INTEGER NOT NULL,
            crc32c TEXT NOT NULL, least_ms INTEGER NOT NULL, most_ms INTEGER NOT NULL,
            resolution_s INTEGER NOT NULL, complete INTEGER NOT NULL, modified INTEGER NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS journals(
            id TEXT PRIMARY KEY, events INTEGER NOT NULL, chain TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS dropped(path TEXT PRIMARY KEY) STRICT;
        PRAGMA user_version = 1;
        """;

    private readonly SqliteConnection _connection;

    static Catalogue() => SQLitePCL.Batteries_V2.Init();

    private Catalogue(SqliteConnection connection) => _connection = connection;

    /// <summary>Opens the catalogue of a folder; one that cannot be written is kept in memory.</summary>
    public static Catalogue Open(string folder, bool writing)
    {
        try
        {
            return Open("Data Source=" + Path.Combine(folder, "catalogue.db"));
        }
        catch (SqliteException) when (!writing)
        {
            return Open("Data Source=:memory:");
        }
        catch (SqliteException e)
        {
            throw new IOException($"the catalogue of {folder} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Does several things as one: all of them or, stopped anywhere, none.</summary>
    public void Together(Action things)
    {
        using SqliteTransaction transaction = _connection.BeginTransaction();
        things();
        transaction.Commit();
    }

    public List<ArchiveFile> Files()
    {
        using SqliteCommand command = Command("""
            SELECT name, day_ms, district, journal, row_count, bytes, crc32c, least_ms, most_ms, resolution_s, complete,
                modified
            FROM files ORDER BY day_ms, district, name, journal
            """);
        using SqliteDataReader row = command.ExecuteReader();
        var files = new List<ArchiveFile>();
        while (row.Read())
            files.Add(new ArchiveFile(
                new Partition(row.GetString(0), row.GetInt64(1), row.GetString(2), row.GetString(3)), row.GetInt64(4),
                row.GetInt64(5), row.GetString(6), row.GetInt64(7), row.GetInt64(8), row.GetInt32(9),
                row.GetBoolean(10), row.GetInt64(11)));
        return files;
    }

    public void Put(ArchiveFile file) => Execute(
        """
        INSERT OR REPLACE INTO files VALUES(
            $path, $name, $day_ms, $day, $district, $journal, $rows, $bytes, $crc, $least, $most, $resolution,
            $complete, $modified)
        """,
        ("$path", file.Partition.Path), ("$name", file.Partition.Table), ("$day_ms", file.Partition.DayMs),
        ("$day", file.Partition.Day), ("$district", file.Partition.District), ("$journal", file.Partition.Journal),
        ("$rows", file.Rows), ("$bytes", file.Bytes), ("$crc", file.Crc32C), ("$least", file.LeastMs),
        ("$most", file.MostMs), ("$resolution", file.ResolutionS), ("$complete", file.Complete ? 1 : 0),
        ("$modified", file.ModifiedTicks));

    public void Forget(string path) => Execute("DELETE FROM files WHERE path = $path", ("$path", path));

    public void MarkDropped(string path) =>
        Execute("INSERT OR IGNORE INTO dropped VALUES($path)", ("$path", path));

    public bool IsDropped(string path) =>
        Scalar("SELECT 1 FROM dropped WHERE path = $path", ("$path", path)) is not null;

    public CompactedJournal? Journal(string id)
    {
        using SqliteCommand command = Command("SELECT events, chain FROM journals WHERE id = $id", ("$id", id));
        using SqliteDataReader row = command.ExecuteReader();
        return row.Read() ? new CompactedJournal(id, row.GetInt64(0), row.GetString(1)) : null;
    }

    public void Put(CompactedJournal journal) => Execute(
        "INSERT OR REPLACE INTO journals VALUES($id, $events, $chain)",
        ("$id", journal.Id), ("$events", journal.Events), ("$chain", journal.Chain));

    public void Dispose() => _connection.Dispose();

    private static Catalogue Open(string source)
    {
        var connection = new SqliteConnection(source + ";Pooling=False;Default Timeout=30");
        try
        {
            connection.Open();
            var catalogue = new Catalogue(connection);
            catalogue.Execute("PRAGMA synchronous = FULL");
            if (catalogue.Scalar("PRAGMA user_version") is not 1L) catalogue.Execute(Tables);
            return catalogue;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Execute(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using SqliteCommand command = Command(sql, parameters);
        command.ExecuteNonQuery();
    }

    private object? Scalar(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using SqliteCommand command = Command(sql, parameters);
        return command.ExecuteScalar();
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // every text is a constant of this file; what varies is a parameter
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach ((string name, object value) in parameters) command.Parameters.AddWithValue(name, value);
        return command;
    }
}
