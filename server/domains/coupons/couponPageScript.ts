const MINUTE_SECONDS = 60
const HOUR_SECONDS = 3600
const DAY_SECONDS = 86_400

/** What is left: `29 天 5 小时`, `5 小时 12 分`, within the last hour `12 分 30 秒`. The script below says the same. */
export function timeLeftText(seconds: number): string {
  const days = Math.floor(seconds / DAY_SECONDS)
  const hours = Math.floor((seconds % DAY_SECONDS) / HOUR_SECONDS)
  const minutes = Math.floor((seconds % HOUR_SECONDS) / MINUTE_SECONDS)
  if (days > 0) return `${days} 天 ${hours} 小时`
  if (hours > 0) return `${hours} 小时 ${minutes} 分`
  return `${minutes} 分 ${Math.floor(seconds % MINUTE_SECONDS)} 秒`
}

/**
 * What the page gains where scripts run: one claim per tap however often it is tapped, the count to the end, and the claim
 * that follows a person's return. ES5, for WeChat's oldest web views. Counted from the seconds the server says are left: a
 * phone's own clock may be wrong.
 */
export const couponPageScript = `
(function () {
  var form = document.forms[0], said = document.getElementById('said');
  function text(seconds) {
    var days = Math.floor(seconds / 86400), hours = Math.floor(seconds % 86400 / 3600), minutes = Math.floor(seconds % 3600 / 60);
    if (days > 0) return days + ' 天 ' + hours + ' 小时';
    if (hours > 0) return hours + ' 小时 ' + minutes + ' 分';
    return minutes + ' 分 ' + Math.floor(seconds % 60) + ' 秒';
  }
  if (form) {
    var button = form.getElementsByTagName('button')[0], words = button.textContent, isSent = false;
    var rest = function () {
      isSent = false;
      button.textContent = words;
      button.removeAttribute('aria-disabled');
    };
    form.onsubmit = function () {
      if (isSent) return false;
      isSent = true;
      button.textContent = said.textContent = '请稍等…';
      button.setAttribute('aria-disabled', 'true');
      setTimeout(rest, 8000);
    };
    window.addEventListener('pageshow', rest);
    if (form.getAttribute('data-go')) button.click();
  }
  var timer;
  function count() {
    var left = document.getElementById('left');
    clearInterval(timer);
    if (!left) return;
    var until = new Date().getTime() + left.getAttribute('data-seconds') * 1000;
    var tick = function () {
      var seconds = Math.max(0, (until - new Date().getTime()) / 1000), shown = text(seconds);
      if (left.textContent !== shown) left.textContent = shown;
      if (seconds === 0) {
        clearInterval(timer);
        left.parentNode.textContent = said.textContent = left.getAttribute('data-over');
      }
    };
    timer = setInterval(tick, 1000);
  }
  count();
  window.addEventListener('redrawn', count);
})();
`.replace(/\n\s*/g, '\n')
