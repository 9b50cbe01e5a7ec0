import type { Occasion } from '../../../shared/contract/scripts.ts'

export interface StarterScript {
  /** The name under which it is installed once per corp; never given to another text. */
  key: string
  occasion: Occasion
  title: string
  /** Texts in the order in which they are sent. */
  texts: readonly string[]
  /** What earlier releases installed under this key: a shop that still has exactly that gets the texts of today. */
  formerTexts?: readonly (readonly string[])[]
}

/** The quick replies of everybody who has not chosen her own, in their places. */
export const starterQuickReplies: readonly string[] = [
  'daily-opening-hours',
  'daily-address',
  'daily-hold-piece',
]

/**
 * The library a corp begins with, best first within an occasion. Written as a guide speaks to one customer: 您 for her,
 * no promise of gifts or prices the shop has not made. A variable without words after `|` stops the send until it is known.
 * When one that speaks of a day may be said stands in `shared/rules/scriptMoment.ts`. New ones come last: their place is what
 * every corp has them sorted by.
 */
export const starterScripts: readonly StarterScript[] = [
  {
    key: 'birthday-self-wish',
    occasion: 'birthdaySelf',
    title: '生日祝福 · 一句心意',
    texts: ['{称呼|您好}，生日快乐！愿您新的一岁平平安安，天天都有让您笑出来的小事。今天记得对自己好一点。'],
  },
  {
    key: 'birthday-self-eve',
    occasion: 'birthdaySelf',
    title: '生日前 · 提前问候',
    texts: [
      '{称呼|您好}，{日子}是您的生日，我一直记着。那几天您要是路过{门店|店里}，首饰带来，我帮您清洗抛光，亮亮堂堂过生日。',
    ],
    formerTexts: [
      [
        '{称呼|您好}，{日子}是您的生日，我先记着给您道一声快乐。那几天您要是路过{门店|店里}，首饰带来，我帮您清洗抛光，亮亮堂堂过生日。',
      ],
    ],
  },
  {
    key: 'birthday-self-treat',
    occasion: 'birthdaySelf',
    title: '生日 · 送自己一件',
    texts: [
      '{称呼|您好}，快到您生日了。您要是想给自己添一件，我按您平时的喜好留意几款，拍给您看看？不合意也没关系，就当一起挑着玩。',
    ],
    formerTexts: [
      [
        '{称呼|您好}，快到您生日了。上回听您说想给自己添一件，我按您平时的喜好留意了几款，拍给您看看？不合意也没关系，就当一起挑着玩。',
      ],
    ],
  },
  {
    key: 'birthday-elder-engraving',
    occasion: 'birthdayElder',
    title: '长辈生日 · 刻字礼',
    texts: [
      '{称呼|您好}，{日子}是{家人称呼}的生日，{还有几天}。刻字要留些工期，早点定下来从容些。您想刻哪几个字？我先做张效果图给您看。',
    ],
    formerTexts: [
      [
        '{称呼|您好}，{日子}是{家人称呼}的生日，{还有几天}。刻字要留些工期，现在定正好赶得上。您想刻哪几个字？我先做张效果图给您看。',
      ],
    ],
  },
  {
    key: 'birthday-elder-visit',
    occasion: 'birthdayElder',
    title: '长辈生日 · 来店里选',
    texts: [
      '{称呼|您好}，{日子}是{家人称呼}的生日。您要是想带着一起来选，提前跟我说一声，{门店|店里}我给您留个安静的位子。',
    ],
    formerTexts: [
      [
        '{称呼|您好}，{日子}是{家人称呼}的生日，祝{家人称呼}福寿安康。您要是想带着一起来选，提前跟我说一声，{门店|店里}我给您留个安静的位子。',
      ],
    ],
  },
  {
    key: 'birthday-elder-wish',
    occasion: 'birthdayElder',
    title: '长辈生日 · 代问候',
    texts: ['{称呼|您好}，今天是{家人称呼}的好日子吧？替我带声问候，祝{家人称呼}身体硬朗、笑口常开。'],
  },
  {
    key: 'birthday-elder-choose',
    occasion: 'birthdayElder',
    title: '长辈生日 · 帮着参谋',
    texts: [
      '{称呼|您好}，{家人称呼}的生日{还有几天}。长辈一般喜欢戴着轻、寓意好的，我挑了几款好摘戴的，您看要不要我拍给您？',
    ],
  },
  {
    key: 'birthday-partner-surprise',
    occasion: 'birthdayPartner',
    title: '爱人生日 · 悄悄准备',
    texts: [
      '{称呼|您好}，{日子}是{家人称呼}的生日，{还有几天}。您要是想准备个惊喜，我帮您先挑好、包好，您来取就行，保证不说漏嘴。',
    ],
  },
  {
    key: 'birthday-partner-engraving',
    occasion: 'birthdayPartner',
    title: '爱人生日 · 刻一句话',
    texts: [
      '{称呼|您好}，{家人称呼}的生日{还有几天}。刻上两个人的名字，或者一个只有你们懂的日子，比贵重更让人记得。您想刻什么，我先画给您看。',
    ],
  },
  {
    key: 'birthday-partner-last-days',
    occasion: 'birthdayPartner',
    title: '爱人生日 · 来得及的现货',
    texts: [
      '{称呼|您好}，{日子}是{家人称呼}的生日，还没定礼物的话别着急，店里有几款现货当天就能带走，我拍给您挑挑？',
    ],
  },
  {
    key: 'birthday-child-wish',
    occasion: 'birthdayChild',
    title: '孩子生日 · 祝福',
    texts: ['{称呼|您好}，今天是{家人称呼}的生日，祝{家人称呼}健康快乐，长成自己喜欢的样子。您也辛苦啦。'],
    formerTexts: [
      ['{称呼|您好}，{日子}是{家人称呼}的生日，祝{家人称呼}健康快乐，长成自己喜欢的样子。您也辛苦啦。'],
    ],
  },
  {
    key: 'birthday-child-keepsake',
    occasion: 'birthdayChild',
    title: '孩子生日 · 留个纪念',
    texts: [
      '{称呼|您好}，{家人称呼}的生日{还有几天}。不少爸妈每年给孩子添一颗转运珠，长大了就是一整串。您要是也想留个纪念，我把今年的款发您看看。',
    ],
  },
  {
    key: 'wedding-wish',
    occasion: 'wedding',
    title: '结婚纪念日 · 祝福',
    texts: ['{称呼|您好}，今天是您二位的结婚纪念日吧？祝往后的每一年，都还像今天这样有话聊、有人疼。'],
  },
  {
    key: 'wedding-anniversary-gift',
    occasion: 'wedding',
    title: '结婚纪念日 · 一起选一件',
    texts: [
      '{称呼|您好}，{日子}是您的结婚纪念日，{还有几天}。您要是想和爱人一起来挑一件，告诉我几点到，我把合适的款先备好。',
    ],
  },
  {
    key: 'wedding-ring-care',
    occasion: 'wedding',
    title: '结婚纪念日 · 戒指保养',
    texts: [
      '{称呼|您好}，纪念日快到了。婚戒天天戴，爪子和圈口都该看一看，您二位哪天方便一起带来，我给清洗、检查，大概一刻钟就好。',
    ],
  },
  {
    key: 'new-friend-hello',
    occasion: 'newFriend',
    title: '新朋友 · 打个招呼',
    texts: [
      '{称呼|您好}，我是{门店|店里}的{导购姓名}，以后清洗、改圈、看新款，直接在这儿跟我说就行。我不会天天打扰您，有事您随时叫我。',
    ],
  },
  {
    key: 'new-friend-after-visit',
    occasion: 'newFriend',
    title: '新朋友 · 到店之后',
    texts: [
      '{称呼|您好}，我是{导购姓名}，今天您来店里是我接待的，认识您很高兴。您看过的那几款我都记着，想再比较比较，我随时拍细节给您。',
    ],
  },
  {
    key: 'festival-greeting',
    occasion: 'festival',
    title: '节日 · 简单问候',
    texts: ['{称呼|您好}，节日好！这几天出门多穿一件，和家人好好歇歇。{导购姓名}给您和家里人问好。'],
  },
  {
    key: 'festival-spring',
    occasion: 'festival',
    title: '春节 · 拜年',
    texts: ['{称呼|您好}，给您和家里人拜年啦！谢谢您这一年的照顾，祝您新的一年身体好、心情好、样样都顺。'],
  },
  {
    key: 'care-half-year',
    occasion: 'care',
    title: '保养 · 半年一次',
    texts: [
      '{称呼|您好}，{哪件首饰|您的首饰}戴了一阵子了，建议半年清洗检查一次，扣子松了也能早点发现。您来{门店|店里}之前说一声，我给您留时间。',
    ],
    formerTexts: [
      [
        '{称呼|您好}，您的{上次购买|首饰}戴了一阵子了，建议半年清洗检查一次，扣子松了也能早点发现。您来{门店|店里}之前说一声，我给您留时间。',
      ],
    ],
  },
  {
    key: 'care-at-home',
    occasion: 'care',
    title: '保养 · 在家怎么洗',
    texts: [
      '{称呼|您好}，在家洗首饰很简单：温水加一滴洗洁精，软毛刷轻轻刷，清水冲净，软布吸干就好。珍珠、翡翠别泡水，擦一擦就行。拿不准的拍给我看。',
    ],
  },
  {
    key: 'visit-invite',
    occasion: 'visit',
    title: '邀约 · 有款想给您看',
    texts: [
      '{称呼|您好}，{门店|店里}刚到几款，有一件我一看就想到您。您这周哪天方便来坐坐？我泡好茶等您，看看就好，不用有负担。',
    ],
  },
  {
    key: 'visit-confirm',
    occasion: 'visit',
    title: '邀约 · 到店前确认',
    texts: [
      '{称呼|您好}，咱们约好的时间快到了，您还方便吗？不方便我给您改一天。我在{门店|店里}等您，到门口给我发个消息，我出来接您。',
    ],
  },
  {
    key: 'order-ready',
    occasion: 'order',
    title: '订单 · 做好了可以取',
    texts: [
      '{称呼|您好}，您定的那件做好了，我检查过，很漂亮。您这几天方便时来{门店|店里}取，报您的名字就行。',
      '取的时候当面试戴，圈口不合适我当场给您量，改圈也方便。',
    ],
  },
  {
    key: 'after-sales-how-is-it',
    occasion: 'afterSales',
    title: '售后 · 戴着还合适吗',
    texts: [
      '{称呼|您好}，{上次购买|那件首饰}戴着还合适吗？紧了松了、扣子不好扣，都直接告诉我，我帮您调，别将就着戴。',
    ],
  },
  {
    key: 'ready-made-today',
    occasion: 'readyMade',
    title: '来不及做 · 当天能带走',
    texts: [
      '{称呼|您好}，{日子}是{家人称呼|您}的{日子名称}，{还有几天}。现做怕赶不上，店里有几款现货当天就能带走，我按{家人称呼|您}的喜好挑了拍给您看？',
    ],
  },
  {
    key: 'ready-made-engrave-later',
    occasion: 'readyMade',
    title: '来不及做 · 先收礼再刻字',
    texts: [
      '{称呼|您好}，{家人称呼|您}的{日子名称}{还有几天}，刻字的工期来不及了。可以先把现货带回去，过后拿来再刻，想刻的话我先给您记着。',
    ],
  },
  {
    key: 'ready-made-visit',
    occasion: 'readyMade',
    title: '来不及做 · 到店挑一件',
    texts: [
      '{称呼|您好}，{日子}是{家人称呼|您}的{日子名称}，{还有几天}。您这两天路过{门店|店里}的话，我先把几款合适的现货备好，来了就能看，不耽误您时间。',
    ],
    formerTexts: [
      [
        '{称呼|您好}，{日子}就是{家人称呼|您}的{日子名称}了。您这两天路过{门店|店里}的话，我先把几款合适的现货备好，来了就能看，不耽误您时间。',
      ],
    ],
  },
  {
    key: 'coupon-expiring-note',
    occasion: 'couponExpiring',
    title: '券快到期 · 提个醒',
    texts: [
      '{称呼|您好}，给您的「{优惠券名}」用到{优惠券到期}，怕您忙忘了，提个醒。用不上也没关系，不用特意跑一趟。',
    ],
  },
  {
    key: 'coupon-expiring-visit',
    occasion: 'couponExpiring',
    title: '券快到期 · 来店里用',
    texts: [
      '{称呼|您好}，您的「{优惠券名}」到{优惠券到期}为止。想用的话告诉我哪天方便，我先把您看过的款留好，{门店|店里}等您。',
    ],
  },
  {
    key: 'after-sales-repair',
    occasion: 'afterSales',
    title: '售后 · 送修进度',
    texts: [
      '{称呼|您好}，您送来的那件已经交给师傅了，我每天都盯着。修好我第一时间拍给您看，您确认了再来取。',
    ],
  },
  {
    key: 'engraving-proposal',
    occasion: 'engraving',
    title: '刻字 · 给个建议',
    texts: [
      '{称呼|您好}，刻字我给您三个方向：名字里的一个字、对您重要的日子、一句平时常说的话。字少一点更耐看，四个字以内最好。您选好我就出效果图。',
    ],
  },
  {
    key: 'daily-opening-hours',
    occasion: 'daily',
    title: '日常 · 营业时间',
    texts: [
      '{称呼|您好}，您大概几点过来？{门店|店里}的营业时间，{营业时间|我先帮您对好，免得白跑一趟}。出门前给我发个消息，我在店里等您。',
    ],
    formerTexts: [
      [
        '{称呼|您好}，您大概几点过来？我先帮您对好营业时间，免得白跑一趟。出门前给我发个消息，我在{门店|店里}等您。',
      ],
    ],
  },
  {
    key: 'daily-address',
    occasion: 'daily',
    title: '日常 · 门店地址',
    texts: ['{称呼|您好}，我们在{门店地址}，{门店|店}就在里面。您快到了给我发个消息，不好找我出来接您。'],
  },
  {
    key: 'daily-hold-piece',
    occasion: 'daily',
    title: '日常 · 帮您留货',
    texts: [
      '{称呼|您好}，那件我先给您收起来了，您放心。您大概哪天方便过来？要是改了主意也直接告诉我，不用不好意思。',
    ],
  },
  {
    key: 'birthday-self-late',
    occasion: 'birthdaySelf',
    title: '生日过了 · 补一句',
    texts: ['{称呼|您好}，您的生日我记着，话却说晚了几天，您别见怪。愿您新的一岁平平安安、事事顺心。'],
  },
  {
    key: 'birthday-elder-late',
    occasion: 'birthdayElder',
    title: '长辈生日过了 · 补一句',
    texts: [
      '{称呼|您好}，{家人称呼}的生日刚过，我这声问候晚了几天。替我带句话，祝{家人称呼}身体硬朗、笑口常开。',
    ],
  },
  {
    key: 'birthday-partner-wish',
    occasion: 'birthdayPartner',
    title: '爱人生日 · 代问候',
    texts: ['{称呼|您好}，今天是{家人称呼}的生日吧？替我带声问候，愿你们好好吃顿饭，往后年年都有好日子。'],
  },
  {
    key: 'birthday-partner-late',
    occasion: 'birthdayPartner',
    title: '爱人生日过了 · 补一句',
    texts: ['{称呼|您好}，{家人称呼}的生日刚过，我这声问候晚了几天。愿你们往后的日子，天天有话聊、有人疼。'],
  },
  {
    key: 'birthday-child-late',
    occasion: 'birthdayChild',
    title: '孩子生日过了 · 补一句',
    texts: [
      '{称呼|您好}，{家人称呼}的生日刚过，我这声问候晚了几天。祝{家人称呼}平安健康，天天有新本事。您也辛苦啦。',
    ],
  },
  {
    key: 'birthday-other-gift',
    occasion: 'birthdayOther',
    title: '亲友生日 · 帮着挑一件',
    texts: [
      '{称呼|您好}，{日子}是{家人称呼}的生日，{还有几天}。您要是想挑件小礼物，跟我说说{家人称呼}平时的喜好，我拍几款给您看看？',
    ],
  },
  {
    key: 'birthday-other-wish',
    occasion: 'birthdayOther',
    title: '亲友生日 · 代问候',
    texts: ['{称呼|您好}，今天是{家人称呼}的生日吧？替我带声问候，祝{家人称呼}平安顺心。'],
  },
  {
    key: 'birthday-other-late',
    occasion: 'birthdayOther',
    title: '亲友生日过了 · 补一句',
    texts: ['{称呼|您好}，{家人称呼}的生日刚过，我这声问候晚了几天。替我带句话，祝{家人称呼}平安顺心。'],
  },
  {
    key: 'wedding-late',
    occasion: 'wedding',
    title: '结婚纪念日过了 · 补一句',
    texts: ['{称呼|您好}，您二位的结婚纪念日刚过，我这声问候晚了几天。愿往后的每一年，都有话聊、有人疼。'],
  },
  {
    key: 'first-purchase-visit',
    occasion: 'firstPurchase',
    title: '相识的日子 · 来坐坐',
    texts: [
      '{称呼|您好}，{日子}是您头一回在我们这儿选首饰的日子，我一直记着。那几天您要是路过{门店|店里}，进来坐坐，新款我陪您看看。',
    ],
  },
  {
    key: 'first-purchase-thanks',
    occasion: 'firstPurchase',
    title: '相识的日子 · 道声谢',
    texts: [
      '{称呼|您好}，今天是您头一回在我们这儿选首饰的日子，谢谢您一直信得过我。往后想看什么、想改什么，随时跟我说。',
    ],
  },
  {
    key: 'first-purchase-late',
    occasion: 'firstPurchase',
    title: '相识的日子过了 · 补一句',
    texts: [
      '{称呼|您好}，您头一回在我们这儿选首饰的日子刚过，这声谢谢晚了几天。谢谢您一直信得过我，想看什么随时跟我说。',
    ],
  },
  {
    key: 'own-day-gift',
    occasion: 'ownDay',
    title: '要紧的日子 · 留个纪念',
    texts: [
      '{称呼|您好}，{日子}这个日子我记着呢：{家人称呼|您}{日子名称}，{还有几天}。您要是想留个纪念，跟我说一声，我先挑几款拍给您看。',
    ],
  },
  {
    key: 'own-day-wish',
    occasion: 'ownDay',
    title: '要紧的日子 · 当天',
    texts: [
      '{称呼|您好}，今天这个日子我记着呢：{家人称呼|您}{日子名称}。给您和家里人道声好，愿你们都平平安安。',
    ],
  },
  {
    key: 'own-day-late',
    occasion: 'ownDay',
    title: '要紧的日子过了 · 补一句',
    texts: [
      '{称呼|您好}，{家人称呼|您}{日子名称}刚过，我这声问候晚了几天，您别见怪。愿您和家里人都平平安安。',
    ],
  },
  {
    key: 'daily-phone',
    occasion: 'daily',
    title: '日常 · 门店电话',
    texts: [
      '{称呼|您好}，{门店|店里}的电话是 {门店电话}（{营业时间|营业时间里有人接}）。您给我发消息也行，我看到就回您。',
    ],
  },
]
