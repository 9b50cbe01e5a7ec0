/**
 * How an open page comes to know what the till did: it asks for the one word of its state while it is looked at and can be used,
 * from every three seconds to every half minute and for ten minutes, and at once when it is looked at again. Another word, and it
 * shows itself as it is by now, and says so. No answer is no news: what is shown stays. ES5, as the rest of the page's script.
 */
export const couponPageWatch = `
(function () {
  var page = document.getElementById('page'), state = page && page.getAttribute('data-state');
  if (state !== 'claimed' && state !== 'redeemed') return;
  var began, wait, timer, isAsking = false;
  function ask(path, type, got) {
    var request = new XMLHttpRequest();
    request.open('GET', path);
    request.responseType = type;
    request.timeout = 8000;
    request.onload = function () { got(request.status === 200 ? request.response : null); };
    request.onerror = request.ontimeout = request.onabort = function () { got(null); };
    request.send();
  }
  function later() {
    isAsking = false;
    clearTimeout(timer);
    if (state !== 'claimed' || document.hidden || new Date().getTime() - began > 600000) return;
    timer = setTimeout(look, wait);
    wait = Math.min(wait * 1.25, 30000);
  }
  function look() {
    if (isAsking) return;
    isAsking = true;
    ask(location.pathname + '/state', 'text', function (found) {
      if (!found || found === state) return later();
      ask(location.pathname, 'document', function (fresh) {
        var now = fresh && fresh.getElementById('page');
        if (now && now.getAttribute('data-state')) draw(fresh.title, now);
        later();
      });
    });
  }
  function draw(title, now) {
    state = now.getAttribute('data-state');
    document.title = title;
    page.innerHTML = now.innerHTML;
    document.getElementById('said').textContent = now.getAttribute('data-said');
    var event = document.createEvent('Event');
    event.initEvent('redrawn', false, false);
    window.dispatchEvent(event);
  }
  function begin() {
    began = new Date().getTime();
    wait = 3000;
  }
  function shown() {
    clearTimeout(timer);
    if (document.hidden) return;
    begin();
    look();
  }
  document.addEventListener('visibilitychange', shown);
  window.addEventListener('pageshow', function (event) { if (event.persisted) shown(); });
  window.addEventListener('online', shown);
  begin();
  later();
})();
`.replace(/\n\s*/g, '\n')
