using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansStream.Connectors.Kafka.Native;

/// <summary>A client of librdkafka. Its calls may come from any thread; disposing it must be the last.</summary>
internal sealed unsafe class RdClient : IDisposable
{
    private const int ErrorBytes = 512;

    private readonly Action<RdClient, nint, int>? _delivered;
    private GCHandle _self;
    private RdError? _lastError;
    private RdError? _deliveryError;

    /// <summary>Creates a client.</summary>
    /// <param name="type"><see cref="Rd.Consumer"/> or <see cref="Rd.Producer"/>.</param>
    /// <param name="owner">The operator, for messages.</param>
    /// <param name="settings">Settings of librdkafka by name.</param>
    /// <param name="delivered">A producer's: gets the opaque number of each message that was delivered or failed (then with its error), inside of <see cref="Rd.Poll"/>.</param>
    public RdClient(int type, string owner, IReadOnlyDictionary<string, string> settings, Action<RdClient, nint, int>? delivered = null)
    {
        _delivered = delivered;
        _self = GCHandle.Alloc(this);
        nint conf = Rd.ConfNew();
        byte* error = stackalloc byte[ErrorBytes];
        foreach ((string name, string value) in settings)
        {
            if (Rd.ConfSet(conf, name, value, error, ErrorBytes) != 0)
            {
                string reason = Rd.Text(error);
                Rd.ConfDestroy(conf);
                _self.Free();
                throw new OptionsException($"'{owner}': the Kafka setting {name} = {(name.Contains("password", StringComparison.Ordinal) ? "…" : value)} is refused: {reason}. Correct it in WithSetting.");
            }
        }

        Rd.ConfSetOpaque(conf, GCHandle.ToIntPtr(_self));
        Rd.ConfSetError(conf, &OnError);
        Rd.ConfSetLog(conf, null);
        if (type == Rd.Producer)
        {
            Rd.ConfSetDelivery(conf, &OnDelivery);
        }

        Handle = Rd.New(type, conf, error, ErrorBytes);
        if (Handle == 0)
        {
            string reason = Rd.Text(error);
            Rd.ConfDestroy(conf);
            _self.Free();
            throw new OptionsException($"'{owner}': the Kafka client cannot be made: {reason}. Correct the settings given with WithSetting.");
        }
    }

    public nint Handle { get; private set; }

    /// <summary>The last trouble that the client has reported: a broker that is not reached, a refused login. It goes on by itself; for messages and metrics.</summary>
    public RdError? LastError => Volatile.Read(ref _lastError);

    /// <summary>The first message that could not be delivered since <see cref="TakeDeliveryError"/>.</summary>
    public RdError? TakeDeliveryError() => Interlocked.Exchange(ref _deliveryError, null);

    public void Dispose()
    {
        if (Handle != 0)
        {
            Rd.Destroy(Handle, Rd.NoConsumerClose);
            Handle = 0;
            _self.Free();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnError(nint client, int code, byte* reason, nint opaque)
    {
        RdClient self = (RdClient)GCHandle.FromIntPtr(opaque).Target!;
        Volatile.Write(ref self._lastError, new RdError((RdErrorCode)code, Rd.Text(reason)));
        KafkaMetrics.ClientError((RdErrorCode)code);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnDelivery(nint client, RdMessage* message, nint opaque)
    {
        RdClient self = (RdClient)GCHandle.FromIntPtr(opaque).Target!;
        if (message->Error != 0)
        {
            Interlocked.CompareExchange(ref self._deliveryError, RdError.Of(message->Error), null);
        }

        self._delivered?.Invoke(self, message->Opaque, message->Error);
    }
}
