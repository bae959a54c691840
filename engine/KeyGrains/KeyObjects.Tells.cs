using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.KeyAccess;
using OrleansStream.Engine.State;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.KeyGrains;

/// <content>
/// Messages to keys. They wait while a control element or barrier does. The ids of those that were applied are state of the key, so that one that is sent again, also after a failure, is not applied again; they are forgotten after the
/// retention.
/// </content>
internal sealed partial class KeyObjects<TKey, TItem, TOut>
{
    private const int MostTells = 1024;
    private const string IdsName = "applied messages";

    private readonly Queue<(TKey Key, ulong Hash, GrainTell Tell)> _tells = new();
    private readonly Queue<(KeyAnd<TKey, Guid> Id, ulong Hash, long ExpiresMs)> _expiring = new();
    private KeyedTable<KeyAnd<TKey, Guid>, long>? _appliedUntilMs;
    private int _tellsInside;
    private bool _hasEnded;

    private static readonly Keys.KeyHasher<Guid> s_ids = Keys.KeyHasher.For<Guid>();

    private long NextExpiry => _expiring.TryPeek(out (KeyAnd<TKey, Guid> Id, ulong Hash, long ExpiresMs) first) ? first.ExpiresMs : long.MaxValue;

    /// <summary>The input has ended, and with it what can be emitted.</summary>
    public void EndInput()
    {
        _hasEnded = true;
        RefuseTells();
    }

    /// <summary>A message has come.</summary>
    public void Tell(KeyMail mail)
    {
        KeyRequest request = mail.Request;
        GrainMessage? type = _settings.Accepted.FirstOrDefault(m => m.Name == request.Name);
        if (type is null)
        {
            string accepted = _settings.Accepted.Count == 0 ? "none" : string.Join(", ", _settings.Accepted.Select(m => m.Name));
            mail.Refuse(KeyStatus.Refused, $"operator '{_setup.Name}' accepts no message of the type {request.Name} (it accepts {accepted}). Declare it with Accepts, and tell it as that type.");
            return;
        }

        if (_hasEnded)
        {
            mail.Refuse(KeyStatus.Refused, $"the input of operator '{_setup.Name}' has ended, and with it its output.");
            return;
        }

        if (_tells.Count + _tellsInside >= MostTells)
        {
            mail.Refuse(KeyStatus.Busy, $"{MostTells} messages wait at subtask {_setup.Subtask} of operator '{_setup.Name}'.");
            return;
        }

        if (!_state.TryReadKey(mail, out TKey key))
        {
            return;
        }

        object message;
        try
        {
            message = type.Read(_setup.Serializers, request.Payload, request.PayloadSchema);
        }
        catch (Exception e) when (e is StateRestoreException or SerializationException)
        {
            mail.Refuse(KeyStatus.Refused, $"the message cannot be read as {request.Name}: {e.Message}");
            return;
        }

        _tells.Enqueue((key, request.KeyHash, new GrainTell(request.Id, message, mail)));
    }

    private void OpenTells()
    {
        if (!_isKeyGrain)
        {
            return;
        }

        _appliedUntilMs = _state.Table<Guid, long>(IdsName, StateSectionKind.Keyed);
        List<(KeyAnd<TKey, Guid> Id, ulong Hash, long ExpiresMs)> restored = [];
        for (TableCursor<KeyAnd<TKey, Guid>, long> cursor = _appliedUntilMs.OpenCursor(); cursor.MoveNext();)
        {
            restored.Add((cursor.Key, HashOf(cursor.Key, _state.Hasher.Hash(cursor.Key.Key)), cursor.Value));
        }

        foreach ((KeyAnd<TKey, Guid> Id, ulong Hash, long ExpiresMs) id in restored.OrderBy(r => r.ExpiresMs))
        {
            _expiring.Enqueue(id);
        }
    }

    private void AdmitTells()
    {
        while (!_controlWaits && !_barrierWaits && !_isClosing && _tells.TryPeek(out (TKey Key, ulong Hash, GrainTell Tell) next))
        {
            KeyAnd<TKey, Guid> id = new(next.Key, next.Tell.Id);
            if (_appliedUntilMs!.TryGet(in id, HashOf(in id, next.Hash), out _))
            {
                _tells.Dequeue();
                Confirm(next.Tell);
                continue;
            }

            if (FindOrActivate(in next.Key, next.Hash) is not { } target)
            {
                return;
            }

            _tells.Dequeue();
            if (target.Tells?.FirstOrDefault(t => t.Id == next.Tell.Id) is { } same)
            {
                same.Mails.AddRange(next.Tell.Mails);
                continue;
            }

            (target.Tells ??= new Queue<GrainTell>()).Enqueue(next.Tell);
            _tellsInside++;
            Enqueue(target);
        }
    }

    private void Applied(KeyObject<TKey, TItem, TOut> target, GrainTell tell)
    {
        _tellsInside--;
        KeyAnd<TKey, Guid> id = new(target.Key, tell.Id);
        ulong hash = HashOf(in id, target.Hash);
        long expiresMs = _setup.Host.NowMs + _settings.TellRetentionMs;
        _appliedUntilMs!.GetOrAdd(in id, hash, out _) = expiresMs;
        _expiring.Enqueue((id, hash, expiresMs));
        Confirm(tell);
    }

    private void ForgetTells(long nowMs)
    {
        while (_expiring.TryPeek(out (KeyAnd<TKey, Guid> Id, ulong Hash, long ExpiresMs) first) && first.ExpiresMs <= nowMs)
        {
            _expiring.Dequeue();
            _appliedUntilMs!.Remove(in first.Id, first.Hash);
        }
    }

    private void RefuseTells()
    {
        while (_tells.TryDequeue(out (TKey Key, ulong Hash, GrainTell Tell) next))
        {
            foreach (KeyMail mail in next.Tell.Mails)
            {
                if (_hasEnded)
                {
                    mail.Refuse(KeyStatus.Refused, $"the input of operator '{_setup.Name}' has ended, and with it its output.");
                }
                else
                {
                    mail.Refuse(KeyStatus.NotRunning, $"attempt {_setup.Attempt} ended before the message was applied.");
                }
            }
        }

        if (!_isClosing)
        {
            return;
        }

        for (TableCursor<TKey, KeyObject<TKey, TItem, TOut>> cursor = _objects.OpenCursor(); cursor.MoveNext();)
        {
            foreach (KeyMail mail in (cursor.Value.Tells ?? []).SelectMany(t => t.Mails))
            {
                mail.Refuse(KeyStatus.NotRunning, $"attempt {_setup.Attempt} ended while the message was being applied.");
            }
        }
    }

    private static ulong HashOf(in KeyAnd<TKey, Guid> id, ulong keyHash) => NamespaceHasher<TKey, Guid>.Mix(keyHash, s_ids.Hash(id.Namespace));

    private static void Confirm(GrainTell tell)
    {
        foreach (KeyMail mail in tell.Mails)
        {
            mail.Done(null, []);
        }
    }
}
