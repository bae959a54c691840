using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace OrleansStream.Orleans.Tests.Clusters;

/// <summary>
/// What can go wrong around one silo: its connections stand still, as when its process is stopped, or break and are refused, as when it is gone. Nobody is told: others find out by what does not come.
/// </summary>
internal sealed class SiloFaults
{
    private readonly ConcurrentDictionary<ConnectionContext, bool> _connections = new();
    private volatile TaskCompletionSource _open = Opened();
    private volatile bool _isGone;

    public void Configure(ISiloBuilder silo)
    {
        silo.Configure<SiloConnectionOptions>(o =>
        {
            o.ConfigureSiloInboundConnection(c => c.Use(Wrap));
            o.ConfigureSiloOutboundConnection(c => c.Use(Wrap));
        });
    }

    /// <summary>Nothing comes in or goes out, until <see cref="GoOn"/>.</summary>
    public void StandStill() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void GoOn() => _open.TrySetResult();

    /// <summary>All connections break, and there are no new ones.</summary>
    public void Vanish()
    {
        _isGone = true;
        foreach (ConnectionContext connection in _connections.Keys)
        {
            connection.Abort();
        }
    }

    private static TaskCompletionSource Opened()
    {
        TaskCompletionSource open = new();
        open.SetResult();
        return open;
    }

    private ConnectionDelegate Wrap(ConnectionDelegate next) => async connection =>
    {
        if (_isGone)
        {
            connection.Abort();
            return;
        }

        IDuplexPipe wire = connection.Transport;
        Pipe incoming = new();
        Pipe outgoing = new();
        _connections[connection] = true;
        Task inwards = PumpAsync(wire.Input, incoming.Writer);
        Task outwards = PumpAsync(outgoing.Reader, wire.Output);
        connection.Transport = new Ends(incoming.Reader, outgoing.Writer);
        try
        {
            await next(connection);
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            connection.Transport = wire;
            await outgoing.Writer.CompleteAsync();
            await incoming.Reader.CompleteAsync();
            wire.Input.CancelPendingRead();
            await Task.WhenAll(inwards, outwards);
        }
    };

    private async Task PumpAsync(PipeReader from, PipeWriter to)
    {
        try
        {
            while (true)
            {
                ReadResult read = await from.ReadAsync();
                await _open.Task;
                foreach (ReadOnlyMemory<byte> part in read.Buffer)
                {
                    to.Write(part.Span);
                }

                from.AdvanceTo(read.Buffer.End);
                FlushResult flushed = await to.FlushAsync();
                if (read.IsCompleted || read.IsCanceled || flushed.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or ConnectionAbortedException or ConnectionResetException or OperationCanceledException)
        {
            // The connection is gone; its ends see that below.
        }

        await to.CompleteAsync();
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
