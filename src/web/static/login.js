// Looks whether the code on this page was sent to the bot, and goes on when it was.

const EVERY = 2_000;

async function look() {
  const answer = await fetch('/login/state', { headers: { accept: 'application/json' } }).catch(
    () => undefined,
  );
  const state = answer?.ok ? (await answer.json()).state : 'waiting';
  // Both a code that was sent and one that is over are the server's to answer.
  if (state !== 'waiting') return location.replace('/login');
  setTimeout(look, EVERY);
}

setTimeout(look, EVERY);
